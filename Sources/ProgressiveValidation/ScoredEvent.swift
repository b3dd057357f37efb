import AttentionalFM

/// One event as progressive validation sees it, in Double.
struct ScoredEvent: Sendable {
  /// The importance weight.
  let importance: Double

  /// Log loss in nats, or the squared error of what was answered.
  let loss: Double

  /// What was answered: the probability, the score held to -1 to 1 for the squared hinge, or the raw score for squared
  /// error.
  let prediction: Double

  /// 0 or 1 for log loss, -1 or 1 for the squared hinge, any number for squared error.
  let label: Double

  /// The normalised entropy of the attention weights; nil with fewer than two pairs.
  let attentionEntropy: Double?

  /// How many features the model did not know.
  let unknown: Double

  /// How many features the event had.
  let features: Double

  /// Whether the event counts as positive in a ranking.
  let isPositive: Bool

  /// Scores an event with `PortableMath`, so that every machine gives the same bits.
  ///
  /// The log loss t log(1 + e^-z) + (1 - t) log(1 + e^z) is computed as
  /// log(1 + e^-|z|) + t max(0, -z) + (1 - t) max(0, z), which neither overflows nor cancels; `tail` is that e^-|z|.
  init(
    loss kind: Loss, raw: Float, label: Float, importance: Float, known: Int, unknown: Int, entropy: Float,
    tail: Double,
    pairLoss: Double? = nil
  ) {
    self.importance = Double(importance)
    attentionEntropy = entropy.isFinite ? Double(entropy) : nil
    self.unknown = Double(unknown)
    features = Double(known &+ unknown)
    switch kind {
    case .logistic:
      let raw = Double(raw)
      let target = Double(kind.target(label))
      loss = PortableMath.log1p(tail) + target * max(0, -raw) + (1 - target) * max(0, raw)
      prediction = raw >= 0 ? 1 / (1 + tail) : tail / (1 + tail)
      self.label = target
      isPositive = target > 0.5
    case .ranking:
      // Of a score alone nothing can be said but where it stands among others.
      loss = pairLoss ?? 0
      prediction = Double(raw)
      self.label = Double(kind.target(label))
      isPositive = self.label > 0.5
    case .squared, .squaredHinge:
      let target = Double(kind.target(label))
      prediction = kind.predicted(raw: raw)
      let error = prediction - target
      loss = error * error
      self.label = target
      isPositive = false
    }
  }
}
