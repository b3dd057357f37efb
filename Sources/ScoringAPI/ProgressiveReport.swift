/// Progressive validation over the whole run and over windows of events.
public struct ProgressiveReport: Codable, Equatable, Sendable {
  /// What `loss` is: `log_loss`, `rmse`, or `pair_loss` with the ranking loss.
  public var lossName: String
  /// The whole run.
  public var wholeRun: ProgressiveFigures
  /// The last complete window; absent before the first.
  public var window: ProgressiveFigures?
  /// Events a window.
  public var windowSize: UInt64
  /// The whole run by the values of a few fields; absent where none is chosen.
  public var slices: [SliceReport]?

  /// Makes a report.
  public init(
    lossName: String, wholeRun: ProgressiveFigures, window: ProgressiveFigures?, windowSize: UInt64,
    slices: [SliceReport]? = nil
  ) {
    self.lossName = lossName
    self.wholeRun = wholeRun
    self.window = window
    self.windowSize = windowSize
    self.slices = slices
  }
}

/// The figures of progressive validation over some events, weighted by importance.
public struct ProgressiveFigures: Codable, Equatable, Sendable {
  /// Events counted.
  public var events: UInt64
  /// Mean log loss in nats, or root mean squared error.
  public var loss: Double?
  /// Mean log loss over the entropy of the mean label; absent with one class or squared loss.
  public var normalizedEntropy: Double?
  /// Area under the ROC curve; absent with one class or squared loss.
  public var areaUnderCurve: Double?
  /// Mean predicted over mean observed.
  public var calibration: Double?
  /// Mean entropy of attention over its greatest possible value, 0 (one-hot) to 1 (uniform).
  public var attentionEntropy: Double?
  /// Unknown features over all features, 0 to 1.
  public var unknownShare: Double?
  /// The scores that were served; absent where no event carried one.
  public var served: ServedFigures?
  /// How positives ranked among sampled candidates; absent where none was ranked.
  public var ranking: RankingFigures?

  /// Makes figures; those that are not finite are left out.
  public init(
    events: UInt64, loss: Double?, normalizedEntropy: Double?, areaUnderCurve: Double?, calibration: Double?,
    attentionEntropy: Double?, unknownShare: Double?, served: ServedFigures? = nil,
    ranking: RankingFigures? = nil
  ) {
    self.events = events
    self.loss = finite(loss)
    self.normalizedEntropy = finite(normalizedEntropy)
    self.areaUnderCurve = finite(areaUnderCurve)
    self.calibration = finite(calibration)
    self.attentionEntropy = finite(attentionEntropy)
    self.unknownShare = finite(unknownShare)
    self.served = served
    self.ranking = ranking
  }
}

/// How positives ranked among candidates that were sampled for them, before they were learned.
public struct RankingFigures: Codable, Equatable, Sendable {
  /// Positives ranked.
  public var events: UInt64
  /// The share of them among the first ten.
  public var hitRate: Double?
  /// Mean `1 / log2(1 + place)` of those among the first ten, 0 for the others.
  public var ndcg: Double?

  /// Makes figures; those that are not finite are left out.
  public init(events: UInt64, hitRate: Double?, ndcg: Double?) {
    self.events = events
    self.hitRate = finite(hitRate)
    self.ndcg = finite(ndcg)
  }
}

/// The scores that were served, over the events that carry one.
public struct ServedFigures: Codable, Equatable, Sendable {
  /// Events that carry a served score.
  public var events: UInt64
  /// The loss of the served scores.
  public var loss: Double?
  /// The loss of the model's own predictions of the same events.
  public var modelLoss: Double?

  /// Makes figures; those that are not finite are left out.
  public init(events: UInt64, loss: Double?, modelLoss: Double?) {
    self.events = events
    self.loss = finite(loss)
    self.modelLoss = finite(modelLoss)
  }
}

/// Progressive validation over the whole run by the values of one field.
public struct SliceReport: Codable, Equatable, Sendable {
  /// The field's name.
  public var field: String
  /// The values, in the order in which they came first.
  public var values: [SliceValueReport]
  /// All other values together; absent where there was none.
  public var others: ProgressiveFigures?
  /// Events without a value; absent where there was none.
  public var missing: ProgressiveFigures?

  /// Makes a report.
  public init(
    field: String, values: [SliceValueReport], others: ProgressiveFigures?, missing: ProgressiveFigures?
  ) {
    self.field = field
    self.values = values
    self.others = others
    self.missing = missing
  }
}

/// One value of a field, with the figures of its events.
public struct SliceValueReport: Codable, Equatable, Sendable {
  /// The value's canonical text; `#` and the hash of its feature where the text is not known.
  public var value: String
  /// The figures.
  public var figures: ProgressiveFigures

  /// Makes a report.
  public init(value: String, figures: ProgressiveFigures) {
    self.value = value
    self.figures = figures
  }
}
