import Fitting
import ProgressiveValidation

/// What people read of fitting.
enum FitText {
  /// A line for an epoch.
  static func epoch(_ report: EpochReport) -> String {
    var text = "epoch \(report.epoch): training loss \(HumanText.decimals(report.training.loss, 5))"
    if let validation = report.validation {
      text += ", validation \(metrics(validation))\(report.isBest ? " (best so far)" : "")"
    }
    for judged in report.judged ?? [] { text += ", \(judged.file) \(metrics(judged.summary))" }
    return text + ", \(HumanText.decimals(report.seconds, 1)) s\n"
  }

  /// The last word.
  static func summary(_ report: FitReport) -> String {
    var text = "snapshot \(report.snapshot) in \(report.directory): epoch \(report.bestEpoch) of \(report.epochs.count)"
    if report.ended == .patience { text += ", no better one after it" }
    text += ", \(HumanText.counted(report.eventsLearned, "event")) learned"
    if report.rejected > 0 { text += ", \(HumanText.counted(report.rejected, "record")) rejected" }
    text += "\n"
    if let test = report.test { text += "test \(metrics(test))\n" }
    return text
  }

  private static func metrics(_ summary: ProgressiveSummary) -> String {
    "loss \(HumanText.decimals(summary.loss, 5))" + (summary.auc.map { ", AUC \(HumanText.decimals($0, 5))" } ?? "")
  }

  /// A bar with rate and loss.
  static func bar(_ progress: FitProgress) -> String {
    let rate = HumanText.count(Int(min(Double(progress.events) / max(0.001, progress.seconds), 1e15).rounded()))
    if progress.epoch == 0 { return "reading  \(HumanText.count(progress.events)) events  \(rate)/s" }
    var text = "epoch \(progress.epoch)/\(progress.epochs)  "
    if let total = progress.total, total > 0 {
      let filled = min(24, progress.events * 24 / total)
      text += "[" + String(repeating: "=", count: filled) + String(repeating: " ", count: 24 - filled) + "]  "
    }
    text += "\(HumanText.count(progress.events)) events  \(rate)/s"
    return text + (progress.loss.map { "  loss \(HumanText.decimals($0, 5))" } ?? "")
  }
}
