import Foundation
import ScoringAPI

/// The status report as people read it.
enum StatusText {
  /// The whole report, several lines.
  static func text(of report: StatusReport, now: Date) -> String {
    var text = overview(of: report, now: now).text
    text += "\n" + progressive(report.progressive).text
    if report.source.kind == "kafka", !report.source.partitions.isEmpty {
      text += "\n" + partitions(report.source.partitions).text
    }
    if !report.records.rejectedByReason.isEmpty {
      text += "\n" + rejected(report.records.rejectedByReason).text
    }
    return text
  }

  private static func overview(of report: StatusReport, now: Date) -> TextTable {
    var table = TextTable()
    table.append("Learning", learning(report.learning))
    table.append("Events", "\(HumanText.count(report.eventsLearned)) learned")
    if let seconds = report.stalenessSeconds {
      table.append("Newest event", HumanText.duration(seconds: seconds) + " old")
    }
    table.append("Source", source(report.source))
    if let problem = report.source.problem { table.append("", "problem: \(problem)") }
    table.append("Records", records(report.records))
    table.append("Table", self.table(report.table))
    table.append(
      "Queue", "\(HumanText.count(report.queue.batches)) of \(HumanText.count(report.queue.capacity)) batches")
    table.append("Snapshot", snapshot(report.snapshots, now: now))
    if let problem = report.snapshots.problem { table.append("", "problem: \(problem)") }
    let lineage = report.lineage.map { ", descends from snapshot \($0)" } ?? ""
    table.append("Model", "\(report.model)\(lineage)")
    table.append(
      "Daemon",
      "afmd \(report.version), process \(report.process), up \(HumanText.duration(seconds: report.uptimeSeconds)), "
        + "\(HumanText.bytes(report.residentBytes)) resident")
    table.append("Kernel", "\(report.kernel), \(report.arithmetic) arithmetic")
    return table
  }

  /// `running`, or why not and what it needs to go on.
  static func learning(_ status: LearningStatus) -> String {
    var text = status.state.rawValue
    if let reason = status.reason { text += ": \(reason)" }
    if !status.positions.isEmpty {
      text += " (resume with --position \(status.positions.map(\.rawValue).joined(separator: " or ")))"
    }
    return text
  }

  private static func source(_ source: SourceReport) -> String {
    var text = source.identity.isEmpty ? source.kind : "\(source.kind) \(source.identity)"
    if source.kind != "kafka", let partition = source.partitions.first {
      text += ", at byte \(HumanText.count(partition.nextOffset))"
    }
    if let lag = source.lag { text += ", \(HumanText.count(lag)) behind" }
    return text
  }

  private static func records(_ records: RecordCounts) -> String {
    var text = "\(HumanText.count(records.read)) read, \(HumanText.count(records.rejected)) rejected"
    if records.quarantineBytes > 0 { text += ", \(HumanText.bytes(records.quarantineBytes)) in quarantine" }
    return text
  }

  private static func table(_ table: TableReport) -> String {
    let load = table.slots == 0 ? nil : Double(table.claimed) / Double(table.slots)
    return "\(HumanText.count(table.claimed)) of \(HumanText.count(table.slots)) slots (\(HumanText.share(load))), "
      + "\(HumanText.count(table.evicted)) evicted, \(HumanText.count(table.dropped)) dropped"
  }

  private static func snapshot(_ report: SnapshotReport, now: Date) -> String {
    var text = report.newest.map { "\($0)" } ?? "none yet"
    if let created = report.created { text += ", taken \(HumanText.age(of: created, now: now))" }
    if let bytes = report.bytes {
      text += ", " + HumanText.bytes(bytes)
      if let files = report.files, files > 1 { text += " in \(files) files" }
    }
    if report.running { text += ", another is being written" }
    return text
  }

  private static func progressive(_ report: ProgressiveReport) -> TextTable {
    var table = TextTable(
      headings: [
        "Progressive", "events", report.lossName, "norm. entropy", "AUC", "calibration", "att. entropy", "unknown",
      ],
      alignments: [.left, .right, .right, .right, .right, .right, .right, .right])
    table.rows.append(figures("whole run", report.wholeRun))
    if let window = report.window { table.rows.append(figures("last window", window)) }
    return table
  }

  private static func figures(_ name: String, _ figures: ProgressiveFigures) -> [String] {
    [
      name, HumanText.count(figures.events), HumanText.decimals(figures.loss, 5),
      HumanText.decimals(figures.normalizedEntropy, 4), HumanText.decimals(figures.areaUnderCurve, 4),
      HumanText.decimals(figures.calibration, 4), HumanText.decimals(figures.attentionEntropy, 4),
      HumanText.share(figures.unknownShare),
    ]
  }

  private static func partitions(_ partitions: [PartitionReport]) -> TextTable {
    var table = TextTable(
      headings: ["Partition", "next offset", "records", "behind"], alignments: [.right, .right, .right, .right])
    for partition in partitions {
      table.append(
        "\(partition.partition)", "\(partition.nextOffset)", HumanText.count(partition.recordsLearned),
        partition.lag.map { HumanText.count($0) } ?? "-")
    }
    return table
  }

  private static func rejected(_ reasons: [String: UInt64]) -> TextTable {
    var table = TextTable(headings: ["Rejected for", "records"], alignments: [.left, .right])
    for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      table.append(reason, HumanText.count(count))
    }
    return table
  }
}
