import AttentionalFM
import EventSources
import Glibc
import Learning
import ProgressiveValidation
import ScoringAPI
import SnapshotStore
import Version

/// Makes of the learner's report what operators are told.
struct StatusAssembly: Sendable {
  var modelName: String
  var loss: Loss
  var windowSize: Int
  var kernels: Kernels
  var sourceKind: String
  var startedAt: Double

  /// The status.
  func status(_ report: LearningReport, queue: (waiting: Int, capacity: Int), newest: Manifest?)
    -> StatusReport
  {
    let now = Self.wallClock()
    return StatusReport(
      model: modelName, version: SoftwareVersion.number, process: getpid(), uptimeSeconds: now - startedAt,
      kernel: kernels.name, arithmetic: kernels.arithmetic, learning: learning(report.condition),
      problems: report.problems.map { StandingProblemReport(code: $0.code.rawValue, message: $0.message) },
      eventsLearned: report.eventsLearned, lineage: report.currentSnapshot, eventTime: report.newestEventTime,
      stalenessSeconds: report.newestEventTime.map { now - Double($0) / 1000 },
      waiting: report.waiting.map(Self.waiting), calibration: report.calibration.map(Self.calibration),
      sampling: report.sampling.map(Self.sampling), progressive: progressive(report), source: source(report, now: now),
      records: RecordCounts(
        read: report.recordsRead, learned: report.eventsLearned, rejected: report.rejected.total,
        rejectedByReason: report.rejected.byName, quarantineBytes: report.quarantineBytes),
      table: TableReport(
        slots: report.table.slots, claimed: report.table.claimed, evicted: report.table.evicted,
        dropped: report.table.dropped),
      queue: QueueReport(batches: UInt64(queue.waiting), capacity: UInt64(queue.capacity)),
      snapshots: SnapshotReport(
        newest: newest?.id, created: newest?.created, bytes: newest?.totalSize,
        files: newest.map { UInt64($0.files.count) }, running: report.snapshots.isRunning,
        problem: report.snapshots.problem, journalBytes: report.journalBytes),
      residentBytes: Self.residentBytes())
  }

  /// Whether learning runs, and from which positions it may be resumed.
  func learning(_ condition: LearningCondition) -> LearningStatus {
    switch condition {
    case .running: LearningStatus(state: .running)
    case .paused: LearningStatus(state: .paused)
    case .stopped(let reason, let detail):
      LearningStatus(
        state: .stopped, reason: "\(reason.rawValue): \(detail)",
        positions: condition.needsPosition ? [.earliest, .latest] : [])
    }
  }

  private func progressive(_ report: LearningReport) -> ProgressiveReport {
    let slices = report.slices.summaries(of: loss).map { slice in
      SliceReport(
        field: slice.field,
        values: slice.values.map { SliceValueReport(value: $0.text, figures: figures($0.figures)) },
        others: slice.others.map { figures($0) }, missing: slice.missing.map { figures($0) })
    }
    return ProgressiveReport(
      lossName: Self.lossName(loss), wholeRun: figures(report.run),
      window: report.lastWindow.map { figures($0) }, windowSize: UInt64(windowSize),
      slices: slices.isEmpty ? nil : slices)
  }

  private static func lossName(_ loss: Loss) -> String {
    switch loss {
    case .logistic: "log_loss"
    case .squared, .squaredHinge: "rmse"
    case .ranking: "pair_loss"
    }
  }

  private func figures(_ summary: ProgressiveSummary?) -> ProgressiveFigures {
    ProgressiveFigures(
      events: summary?.events ?? 0, loss: summary?.loss, normalizedEntropy: summary?.normalizedEntropy,
      areaUnderCurve: summary?.auc, calibration: summary?.calibration, attentionEntropy: summary?.attentionEntropy,
      unknownShare: summary?.unknownShare,
      served: summary?.served.map { ServedFigures(events: $0.events, loss: $0.loss, modelLoss: $0.modelLoss) },
      ranking: summary?.ranking.map { RankingFigures(events: $0.events, hitRate: $0.hitRate, ndcg: $0.ndcg) })
  }

  private static func waiting(_ report: WaitingReport) -> WaitingEventsReport {
    WaitingEventsReport(
      events: report.events, capacity: report.capacity, learnedEarly: report.early, undated: report.undated,
      streamTime: report.watermark, nextLabelTime: report.nextLabelTime)
  }

  private static func calibration(_ summary: CalibrationSummary) -> CalibrationReport {
    CalibrationReport(kind: summary.kind.rawValue, events: summary.events, scale: summary.scale, shift: summary.shift)
  }

  private static func sampling(_ report: SamplingReport) -> SampledNegativesReport {
    SampledNegativesReport(
      negatives: report.negatives, missed: report.missed, values: report.values, capacity: report.capacity,
      users: report.users)
  }

  private func source(_ report: LearningReport, now: Double) -> SourceReport {
    let milliseconds = Int64(now * 1000)
    let partitions = (report.position?.partitions ?? []).map { partition in
      PartitionReport(
        partition: partition.partition, nextOffset: partition.nextOffset, recordsLearned: partition.recordsLearned,
        lag: report.lag(of: partition), lagSeconds: report.lagSeconds(of: partition, now: milliseconds))
    }
    return SourceReport(
      kind: sourceKind, identity: report.position?.identity ?? "", lag: report.lag,
      lagSeconds: report.lagSeconds(now: milliseconds), problem: report.sourceProblem?.message, partitions: partitions)
  }

  /// Seconds since 1970.
  static func wallClock() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }

  private static func residentBytes() -> UInt64 {
    guard let file = fopen("/proc/self/statm", "re") else { return 0 }
    defer { fclose(file) }
    var line = [UInt8](repeating: 0, count: 128)
    let count = fread(&line, 1, line.count, file)
    let numbers = String(decoding: line.prefix(count), as: UTF8.self).split(separator: " ")
    let pages = numbers.count > 1 ? UInt64(numbers[1]) ?? 0 : 0
    return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
  }
}
