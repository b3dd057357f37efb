/// What progressive validation says of some events: those of one window, or all of the run.
///
/// Every mean is weighted by the events' importance; `Docs/Metrics.md` defines each number exactly.
public struct ProgressiveSummary: Codable, Equatable, Sendable {
  /// How many events were recorded.
  public var events: UInt64

  /// The sum of their importance weights.
  public var weight: Double

  /// The mean log loss in nats, the root mean squared error, or the mean loss of the pairs of a ranking; nil before the
  /// first weight.
  public var loss: Double?

  /// The mean log loss over the entropy of the mean label; nil with one class, and for squared error.
  public var normalizedEntropy: Double?

  /// The area under the ROC curve, ties counting half; nil with one class, and for squared error.
  ///
  /// Exact for a window, from the fixed histogram (`ScoreHistogram`) for the run.
  public var auc: Double?

  /// The mean prediction over the mean label; nil where the mean label is 0, and for the ranking loss.
  public var calibration: Double?

  /// The mean prediction: a probability for log loss; nil for the ranking loss.
  public var meanPrediction: Double?

  /// The mean label: the share of positive events for log loss.
  public var meanLabel: Double?

  /// The mean of the attention's entropy over the logarithm of the number of pairs (0 one-hot, 1 uniform), among the
  /// events that had at least two pairs; nil where there was none.
  public var attentionEntropy: Double?

  /// The share of the events' features that the model did not know; nil where there was no feature.
  public var unknownShare: Double?

  /// The scores that were served; nil where no event carried one, and for one value of a field.
  public var served: ServedSummary?

  /// How positives ranked among sampled candidates; nil where none was, and for one value of a field.
  public var ranking: RankingSummary?
}
