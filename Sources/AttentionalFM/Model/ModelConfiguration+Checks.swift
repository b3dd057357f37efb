import CAFMKernels

/// Why a configuration is impossible, or why saved parameters do not fit the model they are put into.
public enum ModelProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// A setting lies outside what is possible: its name, its value, and what is possible.
  case impossible(setting: String, value: String, allowed: String)
  /// The system gave no memory for so many bytes.
  case noMemory(bytes: UInt64)
  /// The saved model was made with another value of a setting that the parameters' shape depends on.
  case differs(setting: String, saved: String, here: String)
  /// A saved tensor is missing.
  case missingTensor(String)
  /// A saved tensor has another shape than it must have.
  case wrongShape(tensor: String, saved: [Int], expected: [Int])
  /// A saved row names a slot that its feature cannot be in, or that is taken.
  case wrongSlot(slot: UInt64, hash: UInt64)
  /// A saved number is not finite, or an accumulator is negative.
  case notFinite(String)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .impossible(let setting, let value, let allowed):
      "model.\(setting) is \(value); it must be \(allowed)"
    case .noMemory(let bytes):
      "the system gave no \(bytes) bytes for the model; lower the number of table slots or the embedding size"
    case .differs(let setting, let saved, let here):
      "the saved model has `learning.\(setting)` \(saved), and the settings ask for \(here); put \(saved) back to load it"
    case .missingTensor(let name):
      "the saved model lacks the tensor \(name); it is damaged or was saved by another kind of model"
    case .wrongShape(let tensor, let saved, let expected):
      "the saved tensor \(tensor) has the shape \(saved) instead of \(expected)"
    case .wrongSlot(let slot, let hash):
      "the saved rows put the feature \(hash) into slot \(slot), which is not its own or is taken; they are damaged"
    case .notFinite(let name):
      "the saved tensor \(name) holds a number that is not finite, or a negative accumulator"
    }
  }
}

extension ModelConfiguration {
  /// `k`, or 0 for a linear model.
  package var effectiveEmbeddingSize: Int { kind == .linear ? 0 : embeddingSize }

  /// `t`, or 0 without attention.
  package var effectiveAttentionSize: Int { kind == .afm ? attentionSize : 0 }

  /// Whether the model has `m`: a linear one has no pairs.
  package var weighsFieldPairs: Bool { fieldPairWeights && kind != .linear }

  /// The slots the table really has: `tableSlots` rounded up to a power of two, at least 8.
  public var actualTableSlots: UInt64 {
    var slots: UInt64 = 8
    while slots < UInt64(clamping: tableSlots), slots < 1 << 34 { slots *= 2 }
    return slots
  }

  /// The bytes of memory that a model, its learner and its live copies take; scorers come on top.
  public var memoryBytes: UInt64 {
    let layout = DenseLayout(self)
    let dense = UInt64(layout.c.count) * 4
    return afm_table_bytes(actualTableSlots, Int32(effectiveEmbeddingSize)) + 4 * dense
      + afm_ring_bytes(Int64(layout.c.count)) + scorerBytes + (forgetting == nil ? 0 : ForgettingClock.bytes)
  }

  /// The bytes of memory that one scorer takes, or the learner beside the model: a scratch and a copy of the dense
  /// parameters.
  public var scorerBytes: UInt64 {
    scratchBytes + 4 * UInt64(DenseLayout(self).c.count)
  }

  /// The bytes of memory that one ranker takes: a scorer, for the candidates that make too many pairs, and a scratch.
  public var rankerBytes: UInt64 {
    scorerBytes + scratchBytes
  }

  /// The bytes of an `EventScratch`.
  package var scratchBytes: UInt64 {
    let layout = DenseLayout(self).c
    let perFeature = 2 * UInt64(layout.k_padded) + 8
    let perPair = UInt64(layout.k_padded) + UInt64(layout.t_padded) + (weighsFieldPairs ? 9 : 8)
    let pairs = kind == .linear ? 0 : UInt64(maximumPairs)
    return 4 * (UInt64(maximumFeatures) * perFeature + pairs * perPair)
  }

  /// Every setting that is impossible; empty for a configuration that can be used.
  public var problems: [ModelProblem] {
    var found: [ModelProblem] = []
    func check(_ setting: String, _ value: some Any, _ allowed: String, _ holds: Bool) {
      if !holds { found.append(.impossible(setting: setting, value: "\(value)", allowed: allowed)) }
    }
    func rate(_ setting: String, _ value: Float) {
      check(setting, value, "a number from 0 to 1000", value >= 0 && value <= 1000)
    }
    check("embeddingSize", embeddingSize, "1 to 1024", (1...1024).contains(embeddingSize))
    check("attentionSize", attentionSize, "1 to 1024", (1...1024).contains(attentionSize))
    check("tableSlots", tableSlots, "8 to 2^34", tableSlots >= 8 && tableSlots <= 1 << 34)
    check("maximumFeatures", maximumFeatures, "1 to 1024", (1...1024).contains(maximumFeatures))
    check("maximumPairs", maximumPairs, "1 to 600000", (1...600_000).contains(maximumPairs))
    check("layout", "\(layout.count) fields", "1 to 4096 fields", (1...4096).contains(layout.count))
    check("dropout", dropout, "0 up to but not including 1", dropout >= 0 && dropout < 1)
    check(
      "initialAccumulator", initialAccumulator, "above 0 and finite",
      initialAccumulator > 0 && initialAccumulator <= 1e30)
    check("epsilon", epsilon, "from 0 to 1", epsilon >= 0 && epsilon <= 1)
    check("embeddingScale", embeddingScale, "from 0 to 10", embeddingScale >= 0 && embeddingScale <= 10)
    check(
      "attentionInitialScale", attentionInitialScale, "from 0 to 10",
      attentionInitialScale >= 0 && attentionInitialScale <= 10)
    rate("rates.bias", rates.bias)
    rate("rates.linear", rates.linear)
    rate("rates.embedding", rates.embedding)
    rate("rates.attention", rates.attention)
    rate("rates.output", rates.output)
    rate("rates.fieldPairs", rates.fieldPairs)
    rate("rates.fieldPairWeights", rates.fieldPairWeights)
    rate("regularization.projection", regularization.projection)
    rate("regularization.linear", regularization.linear)
    rate("regularization.embedding", regularization.embedding)
    if let calibration {
      check(
        "calibration.kind", calibration.kind.rawValue, "none where the loss is not log: it calibrates log-odds",
        loss == .logistic)
      rate("calibration.rate", calibration.rate)
      check(
        "calibration.initialAccumulator", calibration.initialAccumulator, "above 0 and finite",
        calibration.initialAccumulator > 0 && calibration.initialAccumulator <= 1e30)
      check(
        "calibration.refreshEvents", calibration.refreshEvents, "1 to 1000000000",
        (1...1_000_000_000).contains(calibration.refreshEvents))
      check(
        "calibration.halfLifeEvents", calibration.halfLifeEvents ?? 1, "at least 1, or null",
        calibration.halfLifeEvents ?? 1 >= 1)
    }
    if let forgetting {
      check(
        "forgetting.halfLife", "\(forgetting.halfLifeMilliseconds)ms", "from 1m to 36500d",
        ForgettingSettings.possibleMilliseconds.contains(forgetting.halfLifeMilliseconds))
      check(
        "forgetting.scope", forgetting.scope.rawValue,
        "dense where the loss is ranking: there pairs are learned, not events",
        loss != .ranking || forgetting.scope == .dense)
      check(
        "forgetting.weights", forgetting.weights, "false where only the dense sums fall back: features keep all theirs",
        !forgetting.weights || forgetting.scope == .all)
    }
    return found
  }
}
