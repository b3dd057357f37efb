// Unsafe memory: the features of an event are viewed during one call; `places` holds an entry for every one of them, and
// of each alternative at most `maximumFeatures` features are looked at.

import CAFMKernels
import Features

/// Learns that one alternative, the positive, ranks above others, the negatives (Bayesian personalised ranking).
///
/// With raw scores `y+` and `y-` the loss of a pair is `log(1 + e^-(y+ - y-))`, times the importance. All pairs of one
/// positive are differentiated at the same parameters, their gradients are summed, and each touched parameter takes one
/// Adagrad step; the penalties are added once. What adds the same to all alternatives has no gradient: `w0`, and the
/// weight of a feature that they share. Steps are explicit, whatever the learner of single events takes.
///
/// Used by the model's owner alone. Memory grows with the most negatives and features that were given at once; nothing
/// else is allocated.
public final class RankingLearner {
  /// The model that moves.
  public let model: Model

  /// The arithmetic in use.
  public let kernels: Kernels

  /// What the model said of each alternative before anything moved, the positive first: from the features it knew, and
  /// without dropout.
  public private(set) var predictions: [Prediction] = []

  private let configuration: ModelConfiguration
  private let rows: BatchRows
  private let gradient: BatchGradient
  private let dense: DenseOptimizer
  private let kept: AlignedFloats
  /// One for each alternative: all are scored before the first is differentiated.
  private var scratches: [EventScratch] = []
  /// For each feature of all alternatives its row, -1 for none; those of one follow each other.
  private var places: [Int32] = []
  /// For each feature in a scratch its row, `maximumFeatures` entries an alternative.
  private var placed: [Int32] = []

  /// Makes a learner for a model.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - negatives: the most negatives of a positive.
  ///   - kernels: the arithmetic.
  public init(_ model: Model, negatives: Int, kernels: Kernels = .preferred) {
    self.model = model
    self.kernels = kernels
    configuration = model.configuration
    let first = EventScratch(configuration)
    scratches.append(first)
    let width = Int(first.layout.pointee.k_padded)
    rows = BatchRows(model.table.table, configuration: configuration, width: width)
    gradient = BatchGradient(model.dense)
    dense = DenseOptimizer(
      model.dense, configuration: configuration, kernels: kernels, layout: first.layout, events: max(1, negatives) + 1)
    kept = AlignedFloats(width)
  }

  /// Learns one positive with its negatives; without a negative, or an importance, there is nothing to learn, and only
  /// the event is counted.
  ///
  /// - Parameters:
  ///   - alternatives: where the features of each stand, the positive's first; at most one more than the learner was
  ///     made for.
  ///   - features: what the ranges lie in.
  ///   - importance: the weight of the event, finite and at least 0.
  /// - Returns: whether the model moved, or what would have come of it was not finite.
  public func step(
    _ alternatives: [Range<Int>], of features: UnsafeBufferPointer<Feature>, importance: Float = 1
  ) -> LearningOutcome {
    predictions.removeAll(keepingCapacity: true)
    while scratches.count < alternatives.count { scratches.append(EventScratch(configuration)) }
    let known = place(alternatives, features)
    var first = 0
    var dropped: UInt64 = 0
    for (index, range) in alternatives.enumerated() {
      let given = UnsafeBufferPointer(rebasing: features[range])
      let used = min(given.count, configuration.maximumFeatures)
      score(index, given.prefix(used), first, known: known, unknown: given.count)
      dropped &+= UInt64(used) - UInt64(scratches[index].event.pointee.feature_count)
      first += used
    }
    guard alternatives.count > 1, importance > 0 else {
      model.eventsLearned &+= 1
      return .applied
    }
    return learn(alternatives.count, importance: importance, dropped: dropped)
  }

  /// Predicts an alternative from the features that are known; leaves its scratch with all features that have a row,
  /// scored as they are to be differentiated.
  private func score(
    _ index: Int, _ given: Slice<UnsafeBufferPointer<Feature>>, _ first: Int, known: Int32, unknown count: Int
  ) {
    let scratch = scratches[index]
    load(index, given, first, below: known)
    scratch.event.pointee.kept = nil
    scratch.forward(kernels, parameters: model.dense.values.base)
    predictions.append(scratch.prediction(unknown: count - Int(scratch.event.pointee.feature_count)))
    let hasNew = places[first..<(first + given.count)].contains { $0 >= known }
    let drops = configuration.dropout > 0 && scratch.event.pointee.pair_count > 0
    guard hasNew || drops else { return }
    if hasNew { load(index, given, first, below: .max) }
    scratch.event.pointee.kept = drawDropout()
    scratch.forward(kernels, parameters: model.dense.values.base)
  }

  /// Differentiates all pairs and, where everything stays finite, moves the model.
  private func learn(_ count: Int, importance: Float, dropped: UInt64) -> LearningOutcome {
    gradient.begin()
    let positive = Double(scratches[0].event.pointee.raw)
    var pairs = Int(scratches[0].event.pointee.pair_count)
    var isFinite = positive.isFinite
    var sum: Float = 0
    for index in 1..<count {
      let negative = Double(scratches[index].event.pointee.raw)
      // dL/dy- = sigmoid(y- - y+); dL/dy+ is the same with the other sign, summed over the pairs.
      let slope = Float(Double(importance) * PortableMath.sigmoid(negative - positive))
      isFinite = isFinite && negative.isFinite && slope.isFinite
      sum += slope
      differentiate(index, slope)
      pairs += Int(scratches[index].event.pointee.pair_count)
    }
    differentiate(0, -sum)
    dense.collect(touched: gradient.touched, count: gradient.touchedCount, pairs: pairs)
    // Both are evaluated: what comes after needs to know that the dense gradients were looked at.
    let denseIsFinite = dense.check(scale: 1, pairs: pairs)
    let rowsAreFinite = rows.check(kernels, scale: 1)
    guard isFinite, denseIsFinite, rowsAreFinite else {
      dense.forget()
      return .notFinite
    }
    dense.move(pairs: pairs)
    var counters = model.table.counters
    rows.move(kernels, eventsLearned: model.eventsLearned, counters: &counters)
    counters.dropped &+= dropped
    model.table.counters = counters
    model.eventsLearned &+= 1
    return .applied
  }

  private func differentiate(_ index: Int, _ slope: Float) {
    let scratch = scratches[index]
    afm_backward(
      kernels.table, model.dense.values.base, model.dense.projection.base, scratch.layout, scratch.event, slope,
      gradient.event.base)
    gradient.add(scratch)
    let start = index * configuration.maximumFeatures
    for n in 0..<Int(scratch.event.pointee.feature_count) { rows.add(scratch, n, to: placed[start + n]) }
  }

  /// Finds the rows of all features: first those that the table knows, so that none of them gives way to one of those
  /// that it does not, which follow. Gives the number of the former.
  private func place(_ alternatives: [Range<Int>], _ features: UnsafeBufferPointer<Feature>) -> Int32 {
    let most = configuration.maximumFeatures
    if placed.count < alternatives.count * most {
      placed.append(contentsOf: repeatElement(-1, count: alternatives.count * most - placed.count))
    }
    rows.begin(maximum: alternatives.reduce(0) { $0 + min($1.count, most) })
    places.removeAll(keepingCapacity: true)
    guard let encoded = features.encoded else { return 0 }
    for range in alternatives {
      for position in range.prefix(most) { places.append(rows.known(encoded + position)) }
    }
    let known = Int32(truncatingIfNeeded: rows.count)
    // Without a negative nothing is learned, and so nothing inserted.
    guard alternatives.count > 1 else { return known }
    var place = 0
    for range in alternatives {
      let first = place
      for position in range.prefix(most) {
        defer { place += 1 }
        if places[place] >= 0 { continue }
        let row = rows.new(encoded + position)
        // A feature that is given twice in an event is one feature.
        if row < 0 || !places[first..<place].contains(row) { places[place] = row }
      }
    }
    return known
  }

  /// Puts those features of an alternative into its scratch that have a row below a bound.
  private func load(_ index: Int, _ given: Slice<UnsafeBufferPointer<Feature>>, _ first: Int, below bound: Int32) {
    let scratch = scratches[index]
    let start = index * configuration.maximumFeatures
    scratch.begin()
    for position in given.indices {
      let row = places[first + position]
      guard row >= 0, row < bound else { continue }
      placed[start + Int(scratch.event.pointee.feature_count)] = row
      rows.load(row, given[position], origin: position, into: scratch)
    }
  }

  /// What the pooled vectors are multiplied by, the same for all alternatives: what drops out of one and not of another
  /// would be learned as a difference between them.
  private func drawDropout() -> UnsafePointer<Float>? {
    guard configuration.dropout > 0 else { return nil }
    Draws.dropout(
      into: kept.base, count: Int(scratches[0].layout.pointee.k), eventNumber: model.eventsLearned,
      configuration: configuration)
    return UnsafePointer(kept.base)
  }
}

extension ModelConfiguration {
  /// The bytes that a learner of rankings takes beside the model.
  public func rankingLearnerBytes(negatives: Int) -> UInt64 {
    let alternatives = UInt64(max(1, negatives) + 1)
    let dense = 4 * UInt64(DenseLayout(self).c.count)
    return alternatives &* scratchBytes &+ dense
  }
}
