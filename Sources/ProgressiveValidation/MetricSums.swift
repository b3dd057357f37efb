import AttentionalFM

/// The weighted sums that the means of a summary are made of.
///
/// Each is a plain left-to-right sum in Double, so the same events give the same bits, and saving the sums saves all.
struct MetricSums: Equatable, Sendable {
  var events: UInt64 = 0
  var weight = 0.0
  var loss = 0.0
  var prediction = 0.0
  var label = 0.0
  var entropy = 0.0
  var entropyWeight = 0.0
  var unknown = 0.0
  var features = 0.0

  mutating func add(_ scored: ScoredEvent) {
    events &+= 1
    weight += scored.importance
    loss += scored.importance * scored.loss
    prediction += scored.importance * scored.prediction
    label += scored.importance * scored.label
    if let value = scored.attentionEntropy {
      entropy += scored.importance * value
      entropyWeight += scored.importance
    }
    unknown += scored.importance * scored.unknown
    features += scored.importance * scored.features
  }

  func summary(
    of loss: Loss, auc: Double?, served: ServedSummary? = nil, ranking: RankingSummary? = nil
  ) -> ProgressiveSummary {
    let meanLoss = mean(self.loss, weight)
    let meanLabel = mean(label, weight)
    let meanPrediction = mean(prediction, weight)
    var calibration: Double?
    if let meanLabel, let meanPrediction, meanLabel != 0, loss != .ranking { calibration = meanPrediction / meanLabel }
    return ProgressiveSummary(
      events: events,
      weight: weight,
      loss: loss.isSquaredError ? meanLoss?.squareRoot() : meanLoss,
      normalizedEntropy: loss == .logistic ? normalizedEntropy(meanLoss, meanLabel) : nil,
      auc: auc,
      calibration: calibration,
      meanPrediction: loss == .ranking ? nil : meanPrediction,
      meanLabel: meanLabel,
      attentionEntropy: mean(entropy, entropyWeight),
      unknownShare: mean(unknown, features),
      served: served,
      ranking: ranking)
  }

  private func normalizedEntropy(_ meanLoss: Double?, _ meanLabel: Double?) -> Double? {
    guard let meanLoss, let q = meanLabel, q > 0, q < 1 else { return nil }
    let entropy = -(q * PortableMath.log(q) + (1 - q) * PortableMath.log(1 - q))
    return entropy > 0 ? meanLoss / entropy : nil
  }

  private func mean(_ sum: Double, _ weight: Double) -> Double? {
    weight > 0 ? sum / weight : nil
  }

  /// The sums as numbers in a fixed order, for a snapshot; the number of events is kept apart.
  var numbers: [Double] {
    [weight, loss, prediction, label, entropy, entropyWeight, unknown, features]
  }

  static let numberCount = 8

  init() {}

  /// The sums of numbers saved before; nil where there is another number of them.
  init?(events: UInt64, numbers: [Double]) {
    guard numbers.count == MetricSums.numberCount else { return nil }
    self.events = events
    weight = numbers[0]
    loss = numbers[1]
    prediction = numbers[2]
    label = numbers[3]
    entropy = numbers[4]
    entropyWeight = numbers[5]
    unknown = numbers[6]
    features = numbers[7]
  }
}
