import AttentionalFM

/// One event as progressive validation sees it, in Double.
struct ScoredEvent: Sendable {
  /// The importance weight.
  let importance: Double

  /// Log loss in nats, or the squared error.
  let loss: Double

  /// What was answered: the probability, or the raw score for squared error.
  let prediction: Double

  /// 0 or 1 for log loss, any number for squared error.
  let label: Double

  /// The normalised entropy of the attention weights; nil with fewer than two pairs.
  let attentionEntropy: Double?

  /// How many features the model did not know.
  let unknown: Double

  /// How many features the event had.
  let features: Double

  /// Scores an event; `softplus` and the logistic function are made of `PortableMath`, so every machine gives the same
  /// bits.
  ///
  /// With m = z for a positive label and -z for a negative one, the loss is log(1 + exp(-m)), computed as
  /// max(0, -m) + log(1 + exp(-|m|)), which neither overflows nor loses a large loss.
  init(loss kind: Loss, raw: Float, label: Float, importance: Float, known: Int, unknown: Int, entropy: Float) {
    self.importance = Double(importance)
    attentionEntropy = entropy.isFinite ? Double(entropy) : nil
    self.unknown = Double(unknown)
    features = Double(known &+ unknown)
    let raw = Double(raw)
    switch kind {
    case .logistic:
      let positive = label > 0
      let tail = PortableMath.exp(-raw.magnitude)
      let margin = positive ? raw : -raw
      loss = max(0, -margin) + PortableMath.log(1 + tail)
      prediction = raw >= 0 ? 1 / (1 + tail) : tail / (1 + tail)
      self.label = positive ? 1 : 0
    case .squared:
      let error = raw - Double(label)
      loss = error * error
      prediction = raw
      self.label = Double(label)
    }
  }
}
