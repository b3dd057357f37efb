import Foundation
import ScoringAPI

/// The status report as people read it.
enum StatusText {
  /// The whole report, several lines.
  static func text(of report: StatusReport, now: Date) -> String {
    var text = overview(of: report, now: now).text
    text += "\n" + progressive(report.progressive).text
    for slice in report.progressive.slices ?? [] { text += "\n" + self.slice(slice, report.progressive.lossName).text }
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
    table.append("Learning", learning(report.learning, from: report.source.kind))
    for (index, problem) in report.problems.enumerated() {
      table.append(index == 0 ? "Problems" : "", problem.message)
    }
    table.append("Events", events(report))
    if let sampling = report.sampling { table.append("Negatives", self.sampling(sampling)) }
    if let ranking = report.progressive.wholeRun.ranking {
      table.append("Ranking", self.ranking(ranking, "whole run"))
      if let last = report.progressive.window?.ranking { table.append("", self.ranking(last, "last window")) }
    }
    if let seconds = report.stalenessSeconds {
      table.append("Newest event", HumanText.duration(seconds: seconds) + " old")
    }
    table.append("Source", source(report.source))
    table.append("Records", records(report.records))
    table.append("Table", self.table(report.table))
    table.append(
      "Queue", "\(HumanText.count(report.queue.batches)) of \(HumanText.count(report.queue.capacity)) batches")
    if let calibration = report.calibration { table.append("Calibration", self.calibration(calibration)) }
    table.append("Snapshot", snapshot(report.snapshots, now: now))
    let lineage = report.lineage.map { ", descends from snapshot \($0)" } ?? ""
    table.append("Model", "\(report.model)\(lineage)")
    table.append(
      "Daemon",
      "afmd \(report.version), process \(report.process), up \(HumanText.duration(seconds: report.uptimeSeconds)), "
        + "\(HumanText.bytes(report.residentBytes)) resident")
    table.append("Kernel", "\(report.kernel), \(report.arithmetic) arithmetic")
    return table
  }

  private static func sampling(_ sampling: SampledNegativesReport) -> String {
    var text = "\(HumanText.count(sampling.negatives)) sampled from \(HumanText.count(sampling.values)) values"
    if sampling.missed > 0 { text += ", \(HumanText.count(sampling.missed)) missed" }
    return text + "; scores are relative"
  }

  private static func ranking(_ ranking: RankingFigures, _ name: String) -> String {
    "hit rate \(HumanText.decimals(ranking.hitRate, 4)), NDCG \(HumanText.decimals(ranking.ndcg, 4)) at 10 of "
      + "\(HumanText.counted(ranking.events, "positive")), \(name)"
  }

  private static func events(_ report: StatusReport) -> String {
    var text = "\(HumanText.count(report.eventsLearned)) learned"
    guard let waiting = report.waiting else { return text }
    text += ", \(HumanText.count(waiting.events)) wait for their labels"
    if waiting.learnedEarly > 0 { text += ", \(HumanText.count(waiting.learnedEarly)) learned early for want of room" }
    if waiting.undated > 0 { text += ", \(HumanText.count(waiting.undated)) undated learned at once" }
    return text
  }

  /// `running`, or why not and what it needs to go on. The kind of the source tells which places can be named, where
  /// it is known.
  static func learning(_ status: LearningStatus, from kind: String? = nil) -> String {
    var text = status.state.rawValue
    if let reason = status.reason { text += ": \(reason)" }
    if !status.positions.isEmpty {
      let exact: [String] =
        switch kind {
        case "kafka": ["a time", "or offsets"]
        case "file": ["or the byte at which a line begins"]
        case "stdin": []
        default: ["a time (Kafka alone)", "or offsets"]
        }
      let places = (status.positions.map(\.rawValue) + exact).joined(separator: ", ")
      text += " (resume with --position \(places))"
    }
    return text
  }

  private static func source(_ source: SourceReport) -> String {
    var text = source.identity.isEmpty ? source.kind : "\(source.kind) \(source.identity)"
    if source.kind != "kafka", let partition = source.partitions.first {
      text += ", at byte \(HumanText.count(partition.nextOffset))"
    }
    if let lag = source.lag {
      text += ", \(HumanText.count(lag)) behind"
      if let seconds = source.lagSeconds, lag > 0 { text += " (\(HumanText.duration(seconds: seconds)))" }
    } else if source.kind == "kafka", !source.partitions.isEmpty {
      text += ", how far behind is not known"
    }
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

  private static func calibration(_ report: CalibrationReport) -> String {
    let learned = "learned from \(HumanText.counted(report.events, "event"))"
    guard let scale = report.scale, let shift = report.shift else { return "\(report.kind), \(learned)" }
    return "\(report.kind), raw score x \(HumanText.decimals(scale, 4)) \(HumanText.signed(shift, 4)), \(learned)"
  }

  private static func snapshot(_ report: SnapshotReport, now: Date) -> String {
    var text = report.newest.map { "\($0)" } ?? "none yet"
    if let created = report.created { text += ", taken \(HumanText.age(of: created, now: now))" }
    if let bytes = report.bytes {
      text += ", " + HumanText.bytes(bytes)
      if let files = report.files, files > 1 { text += " in \(files) files" }
    }
    if report.running { text += ", another is being written" }
    if let bytes = report.journalBytes { text += ", order journal of \(HumanText.bytes(bytes))" }
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
    for (name, figures) in [("run", report.wholeRun), ("window", report.window)] {
      guard let served = figures?.served else { continue }
      table.rows.append(
        ["served, \(name)", HumanText.count(served.events), HumanText.decimals(served.loss, 5)] + blanks(5))
      table.rows.append(
        ["same, by model", HumanText.count(served.events), HumanText.decimals(served.modelLoss, 5)] + blanks(5))
    }
    return table
  }

  private static func blanks(_ count: Int) -> [String] { Array(repeating: "", count: count) }

  /// The values of a field with the most events, and the rest.
  private static func slice(_ slice: SliceReport, _ lossName: String) -> TextTable {
    var table = TextTable(
      headings: [slice.field, "events", lossName, "norm. entropy", "calibration"],
      alignments: [.left, .right, .right, .right, .right])
    func append(_ name: String, _ figures: ProgressiveFigures?) {
      guard let figures else { return }
      table.append(
        name, HumanText.count(figures.events), HumanText.decimals(figures.loss, 5),
        HumanText.decimals(figures.normalizedEntropy, 4), HumanText.decimals(figures.calibration, 4))
    }
    let frequent = slice.values.sorted { ($1.figures.events, $0.value) < ($0.figures.events, $1.value) }
    for value in frequent.prefix(mostValues) { append(value.value, value.figures) }
    if frequent.count > mostValues {
      table.append("and \(frequent.count - mostValues) more", "", "", "", "")
    }
    append("(others)", slice.others)
    append("(missing)", slice.missing)
    return table
  }

  private static let mostValues = 20

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
      headings: ["Partition", "next offset", "records", "behind", "for"],
      alignments: [.right, .right, .right, .right, .right])
    for partition in partitions {
      table.append(
        "\(partition.partition)", "\(partition.nextOffset)", HumanText.count(partition.recordsLearned),
        partition.lag.map { HumanText.count($0) } ?? "-",
        partition.lagSeconds.map { HumanText.duration(seconds: $0) } ?? "-")
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
