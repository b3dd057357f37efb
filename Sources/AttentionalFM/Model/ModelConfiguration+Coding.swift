// How snapshots keep a configuration. A setting that was added after the first release is written only where it is in
// use, so that a model without it has the bytes it always had; where it is missing, as in every older snapshot, it is
// read as the value that means "not in use".

import Features

extension ModelConfiguration {
  enum CodingKeys: String, CodingKey {
    case kind, embeddingSize, attentionSize, attentionScale, loss, fieldPairPrior, outputWeights, layout, seed
    case embeddingScale, attentionInitialScale, rates, initialAccumulator, epsilon, regularization, dropout
    case tableSlots, maximumFeatures, maximumPairs
    case fieldPairWeights, step, calibration, forgetting
  }

  /// Reads a configuration as a snapshot keeps it; what was added since the snapshot was written is not in use.
  public init(from decoder: any Decoder) throws {
    let settings = try decoder.container(keyedBy: CodingKeys.self)
    self.init(layout: try settings.decode(FieldLayout.self, forKey: .layout))
    kind = try settings.decode(Kind.self, forKey: .kind)
    embeddingSize = try settings.decode(Int.self, forKey: .embeddingSize)
    attentionSize = try settings.decode(Int.self, forKey: .attentionSize)
    attentionScale = try settings.decode(AttentionScale.self, forKey: .attentionScale)
    loss = try settings.decode(Loss.self, forKey: .loss)
    fieldPairPrior = try settings.decode(Bool.self, forKey: .fieldPairPrior)
    outputWeights = try settings.decode(OutputWeights.self, forKey: .outputWeights)
    seed = try settings.decode(UInt64.self, forKey: .seed)
    embeddingScale = try settings.decode(Float.self, forKey: .embeddingScale)
    attentionInitialScale = try settings.decode(Float.self, forKey: .attentionInitialScale)
    rates = try settings.decode(LearningRates.self, forKey: .rates)
    initialAccumulator = try settings.decode(Float.self, forKey: .initialAccumulator)
    epsilon = try settings.decode(Float.self, forKey: .epsilon)
    regularization = try settings.decode(Regularization.self, forKey: .regularization)
    dropout = try settings.decode(Float.self, forKey: .dropout)
    tableSlots = try settings.decode(Int.self, forKey: .tableSlots)
    maximumFeatures = try settings.decode(Int.self, forKey: .maximumFeatures)
    maximumPairs = try settings.decode(Int.self, forKey: .maximumPairs)
    fieldPairWeights = try settings.decode(.fieldPairWeights, unused: false)
    step = try settings.decode(.step, unused: .explicit)
    calibration = try settings.decodeIfPresent(CalibrationSettings.self, forKey: .calibration)
    forgetting = try settings.decodeIfPresent(ForgettingSettings.self, forKey: .forgetting)
  }

  /// Writes a configuration as a snapshot keeps it.
  public func encode(to encoder: any Encoder) throws {
    var settings = encoder.container(keyedBy: CodingKeys.self)
    try settings.encode(kind, forKey: .kind)
    try settings.encode(embeddingSize, forKey: .embeddingSize)
    try settings.encode(attentionSize, forKey: .attentionSize)
    try settings.encode(attentionScale, forKey: .attentionScale)
    try settings.encode(loss, forKey: .loss)
    try settings.encode(fieldPairPrior, forKey: .fieldPairPrior)
    try settings.encode(outputWeights, forKey: .outputWeights)
    try settings.encode(layout, forKey: .layout)
    try settings.encode(seed, forKey: .seed)
    try settings.encode(embeddingScale, forKey: .embeddingScale)
    try settings.encode(attentionInitialScale, forKey: .attentionInitialScale)
    try settings.encode(rates, forKey: .rates)
    try settings.encode(initialAccumulator, forKey: .initialAccumulator)
    try settings.encode(epsilon, forKey: .epsilon)
    try settings.encode(regularization, forKey: .regularization)
    try settings.encode(dropout, forKey: .dropout)
    try settings.encode(tableSlots, forKey: .tableSlots)
    try settings.encode(maximumFeatures, forKey: .maximumFeatures)
    try settings.encode(maximumPairs, forKey: .maximumPairs)
    try settings.encode(fieldPairWeights, .fieldPairWeights, unused: false)
    try settings.encode(step, .step, unused: .explicit)
    try settings.encodeIfPresent(calibration, forKey: .calibration)
    try settings.encodeIfPresent(forgetting, forKey: .forgetting)
  }
}

extension LearningRates {
  enum CodingKeys: String, CodingKey {
    case bias, linear, embedding, attention, output, fieldPairs, fieldPairWeights

    /// The rate of `m` where none is written.
    static let fieldPairWeightsUnwritten: Float = 0.1
  }

  /// Reads rates as a snapshot keeps them.
  public init(from decoder: any Decoder) throws {
    let rates = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      bias: try rates.decode(Float.self, forKey: .bias), linear: try rates.decode(Float.self, forKey: .linear),
      embedding: try rates.decode(Float.self, forKey: .embedding),
      attention: try rates.decode(Float.self, forKey: .attention),
      output: try rates.decode(Float.self, forKey: .output),
      fieldPairs: try rates.decode(Float.self, forKey: .fieldPairs),
      fieldPairWeights: try rates.decode(.fieldPairWeights, unused: CodingKeys.fieldPairWeightsUnwritten))
  }

  /// Writes rates as a snapshot keeps them.
  public func encode(to encoder: any Encoder) throws {
    var rates = encoder.container(keyedBy: CodingKeys.self)
    try rates.encode(bias, forKey: .bias)
    try rates.encode(linear, forKey: .linear)
    try rates.encode(embedding, forKey: .embedding)
    try rates.encode(attention, forKey: .attention)
    try rates.encode(output, forKey: .output)
    try rates.encode(fieldPairs, forKey: .fieldPairs)
    try rates.encode(fieldPairWeights, .fieldPairWeights, unused: CodingKeys.fieldPairWeightsUnwritten)
  }
}

extension KeyedDecodingContainer {
  /// The value of a setting that was added later; `unused`, which means "not in use", where it is missing.
  func decode<Value: Decodable>(_ key: Key, unused: Value) throws -> Value {
    try decodeIfPresent(Value.self, forKey: key) ?? unused
  }
}

extension KeyedEncodingContainer {
  /// Writes the value of a setting that was added later, unless it is `unused`, which means "not in use".
  mutating func encode<Value: Encodable & Equatable>(_ value: Value, _ key: Key, unused: Value) throws {
    if value != unused { try encode(value, forKey: key) }
  }
}
