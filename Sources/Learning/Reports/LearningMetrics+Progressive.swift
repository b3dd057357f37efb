import AttentionalFM
import Observability
import ProgressiveValidation

extension LearningMetrics {
  static func registerProgressive(_ metrics: Metrics, _ board: StatusBoard) {
    for (scope, summary) in [
      ("run", { @Sendable in board.report.run }), ("window", { @Sendable in board.report.lastWindow }),
    ] {
      metrics.gauge(
        "afm_progressive_loss", "Mean log loss, root mean squared error or mean loss of pairs.", ["scope": scope]
      ) {
        summary()?.loss
      }
      metrics.gauge(
        "afm_progressive_normalized_entropy", "Mean log loss over the entropy of the mean label.", ["scope": scope]
      ) {
        summary()?.normalizedEntropy
      }
      metrics.gauge("afm_progressive_auc", "Area under the ROC curve.", ["scope": scope]) { summary()?.auc }
      metrics.gauge("afm_progressive_calibration", "Mean prediction over mean label.", ["scope": scope]) {
        summary()?.calibration
      }
      metrics.gauge(
        "afm_attention_entropy", "Mean entropy of the attention weights: 0 one-hot, 1 uniform.", ["scope": scope]
      ) {
        summary()?.attentionEntropy
      }
      metrics.gauge("afm_unknown_features_ratio", "Unknown features over all features.", ["scope": scope]) {
        summary()?.unknownShare
      }
      metrics.gauge(
        "afm_progressive_hit_rate", "Ranked positives among the first ten of their candidates.", ["scope": scope]
      ) {
        summary()?.ranking?.hitRate
      }
      metrics.gauge(
        "afm_progressive_ndcg", "Mean NDCG at 10 of ranked positives among their candidates.", ["scope": scope]
      ) {
        summary()?.ranking?.ndcg
      }
      metrics.gauge(
        "afm_served_score_loss", "The loss of the scores that were served, of events that carry one.", ["scope": scope]
      ) {
        summary()?.served?.loss
      }
      metrics.gauge(
        "afm_served_score_model_loss", "The loss of the model's own predictions of the same events.", ["scope": scope]
      ) {
        summary()?.served?.modelLoss
      }
    }
  }

  /// The figures by the values of a few fields. The status has all of them; here are those to alarm on.
  static func registerSlices(_ metrics: Metrics, _ board: StatusBoard, _ loss: Loss) {
    func gauges(_ name: String, _ help: String, _ figure: @escaping @Sendable (ProgressiveSummary) -> Double?) {
      metrics.gauges(name, help) {
        board.report.slices.summaries(of: loss).flatMap { slice in
          let values =
            slice.values.map { ("value", $0.text, $0.figures) }
            + [("others", slice.others), ("missing", slice.missing)].compactMap { kind, figures in
              figures.map { (kind, "", $0) }
            }
          return values.compactMap { kind, text, figures in
            figure(figures).map { Metrics.LabeledNumber(["field": slice.field, "kind": kind, "value": text], $0) }
          }
        }
      }
    }
    gauges("afm_slice_events", "Events with a value, over the whole run.") { Double($0.events) }
    gauges("afm_slice_loss", "Mean log loss or root mean squared error of events with a value.") { $0.loss }
    gauges("afm_slice_calibration", "Mean prediction over mean label of events with a value.") { $0.calibration }
  }

  /// The negatives that are drawn.
  static func registerSampling(_ metrics: Metrics, _ board: StatusBoard) {
    metrics.counter("afm_negatives_sampled_total", "Negatives drawn for positive events.") {
      board.report.process.negatives
    }
    metrics.counter("afm_negatives_missed_total", "Negatives not drawn, since too few other values were known.") {
      board.report.process.missedNegatives
    }
    metrics.gauge("afm_negative_values", "Distinct values that negatives are drawn from.") {
      board.report.sampling.map { Double($0.values) }
    }
    metrics.gauge("afm_negative_values_capacity", "Distinct values that there may be.") {
      board.report.sampling.map { Double($0.capacity) }
    }
    metrics.gauge("afm_negative_users", "Users whose lately seen values are remembered.") {
      board.report.sampling.map { Double($0.users) }
    }
  }

  /// The events whose labels are not known yet.
  static func registerWaiting(_ metrics: Metrics, _ board: StatusBoard) {
    metrics.gauge("afm_waiting_events", "Events that wait for their labels.") {
      board.report.waiting.map { Double($0.events) }
    }
    metrics.gauge("afm_waiting_events_capacity", "Events that may wait, with 16 features each.") {
      board.report.waiting.map { Double($0.capacity) }
    }
    metrics.gauge(
      "afm_stream_time_seconds", "The greatest event time seen, by which events wait and the model forgets; since 1970."
    ) {
      board.report.streamTime.map { Double($0) / 1000 }
    }
    metrics.counter("afm_events_learned_early_total", "Events learned before their labels' time, for want of room.") {
      board.report.process.early
    }
    metrics.counter("afm_events_undated_total", "Events learned at once, since they do not say when.") {
      board.report.process.undated
    }
  }
}
