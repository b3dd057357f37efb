import AttentionalFM
import EventSources
import FeatureEncoding
import Features
import LiveModel
import Observability
import ProgressiveValidation
import SnapshotStore

/// What the learner shares with other threads.
struct LearnerContext: Sendable {
  var settings: LearningSettings
  var identity: LearningIdentity
  var store: SnapshotStore
  var channel: IngestChannel
  var board: StatusBoard
  var writer: SnapshotWriter
  var reference: LiveModelReference
  var loader: RollbackLoader
  var retired: RetiredModels
  var format: RecordFormat
  var log: Log

  /// A decoder for the learner alone; nil where the schema is impossible, as it was not for the ingest thread's.
  func makeDescriber() -> EventDecoder? { try? EventDecoder(identity.schema, format: format) }
}

/// Owns the model and changes it: predicts each event, records the prediction, learns, publishes; obeys commands
/// between two events, also when idle.
///
/// Used on the learner's thread alone. Its parts are in the files `Learner+*.swift`, one for each thing it does.
final class Learner {
  let context: LearnerContext
  let files: LearnerFiles

  /// The model, and the learner that moves it; a rollback replaces both.
  var online: OnlineLearner
  var live: LiveModel
  var state: LearnerState
  var condition: LearningCondition

  var source = SourceCourse()
  var snapshots: SnapshotCourse

  /// The features of the waiting event that is being learned.
  var released: [Feature] = []

  /// Makes the events that negatives stand for; nil where none are sampled.
  let sampled: SampledEvents?

  /// Learns rankings; nil with other losses.
  var ranking: RankingLearner?

  /// The positions of the fields that are sliced.
  let slicedFields: [UInt16]

  /// Tells the texts of values that are sliced, where any are.
  let describer: EventDecoder?

  /// The event time of the newest event learned by this process: for staleness alone.
  var newestEventTime: Int64?

  /// Set by `stop`: what to call at the end, and whether a last snapshot is still to be taken.
  var ending: (takesSnapshot: Bool, completion: LearningCompletion<Void>)?
  private(set) var isOver = false
  private var endProblem: LearningProblem?

  /// What this process counted.
  var totals = ProcessTotals(from: LearnedCounts())

  private var nextReport: UInt64 = 0
  private static let reportNanoseconds: UInt64 = 50_000_000

  var model: Model { online.model }

  init(context: LearnerContext, files: LearnerFiles, model: Model, recovered: RecoveredLearning) {
    self.context = context
    self.files = files
    online = OnlineLearner(model, kernels: context.identity.kernels)
    live = recovered.live
    state = recovered.state
    condition = recovered.condition
    snapshots = SnapshotCourse(
      current: recovered.snapshot,
      eventsSeen: model.eventsLearned &+ UInt64(clamping: recovered.state.waiting.count),
      startedAt: MonotonicTime.now)
    snapshots.damage = recovered.damage
    // Also where an earlier start set it aside: it is told until a snapshot is written.
    if let damage = recovered.damage { snapshots.noteDamaged([damage.snapshot] + damage.found) }
    let names = context.identity.schema.layout.names
    slicedFields = context.settings.slices.map { name in
      UInt16(truncatingIfNeeded: names.firstIndex(of: name) ?? Int(UInt16.max))
    }
    sampled = context.settings.negativeSampling.flatMap { SampledEvents($0, context.identity.schema) }
    ranking = Learner.makeRanking(model, context)
    describer = recovered.state.progressive.slices.isEmpty ? nil : context.makeDescriber()
    totals.goOn(from: lineCounts)
    if recovered.truncatesQuarantine { files.takeBack(to: state, log: context.log) }
  }

  /// A learner of rankings, where the loss is one.
  static func makeRanking(_ model: Model, _ context: LearnerContext) -> RankingLearner? {
    guard model.configuration.loss == .ranking, let sampling = context.settings.negativeSampling else { return nil }
    return RankingLearner(model, negatives: sampling.sampling.negatives, kernels: context.identity.kernels)
  }

  /// Learns until told to stop.
  func run() {
    begin()
    var finished: DecodedBatch?
    while !isOver {
      var work = context.channel.next(
        returning: finished, epoch: source.epoch, takesBatches: takesBatches, milliseconds: 0)
      finished = nil
      if case .nothing = work {
        live.publishDense(of: model, isIdle: true)
        runTimers()
        if isOver { break }
        publishReport(ifDue: true)
        if let copying = snapshots.copying {
          copying.idle()
          snapshots.noteIfCopied()
          continue
        }
        work = context.channel.next(
          returning: nil, epoch: source.epoch, takesBatches: takesBatches,
          milliseconds: millisecondsUntilNextTimer())
      }
      switch work {
      case .commands(let commands):
        for command in commands { obey(command) }
        publishReport(ifDue: false)
      case .item(.batch(let batch)):
        learn(batch)
        finished = batch
        publishReport(ifDue: true)
      case .item(.notice(let notice, _)):
        handle(notice)
        publishReport(ifDue: false)
      case .nothing:
        break
      }
      runTimers()
    }
    for command in context.channel.close() { refuse(command) }
    if let completion = source.resuming { completion(.failure(Learner.stopping)) }
    for completion in snapshots.waiting { completion(.failure(Learner.stopping)) }
    for completion in snapshots.rollbacks.completions { completion(.failure(Learner.stopping)) }
    publishReport(ifDue: false)
    files.close()
    if let ending { ending.completion(endProblem.map { .failure($0) } ?? .success(())) }
  }

  /// Whether records are wanted: not before the start is durable, nor while a rollback waits for rows to be copied.
  private var takesBatches: Bool {
    condition == .running && source.isStarted && !source.awaitsSnapshot && ending == nil
      && (snapshots.copying == nil || snapshots.rollbacks.isEmpty)
  }

  /// Ends the loop, with a problem where the last snapshot could not be written.
  func end(_ problem: LearningProblem? = nil) {
    endProblem = problem
    isOver = true
  }

  private func runTimers() {
    if isOver { return }
    let now = MonotonicTime.now
    restartSourceIfDue(now)
    noteEndsIfDue(now)
    takeSnapshotIfDue(now)
  }

  private func millisecondsUntilNextTimer() -> Int? {
    let now = MonotonicTime.now
    let due = [source.restartAt, source.noteEndsAt, nextSnapshotTime, isReportStale ? nextReport : nil].compactMap {
      $0
    }.min()
    return due.map { Int(clamping: ($0 > now ? ($0 - now) / 1_000_000 : 0) + 1) }
  }

  // MARK: Reports

  /// Something changed since the last report.
  var isReportStale = true

  /// Leaves a report for others, also before a command is answered, so that nobody who got an answer reads an older
  /// report; with `ifDue` only where the last one is some time ago. Scores are never older than what a report says.
  func publishReport(ifDue: Bool) {
    if !isReportStale { return }
    let now = MonotonicTime.now
    if ifDue, now < nextReport { return }
    nextReport = now &+ Learner.reportNanoseconds
    isReportStale = false
    live.publishDense(of: model, isIdle: true)
    context.board.publish(makeReport())
  }

  func makeReport() -> LearningReport {
    var report = LearningReport()
    report.condition = condition
    report.eventsLearned = model.eventsLearned
    totals.follow(lineCounts)
    report.process = totals.counts
    report.waiting = state.waiting.report
    report.streamTime = report.waiting?.watermark ?? model.streamTime
    report.calibration = state.calibrator?.report
    report.sampling = samplingReport
    report.position = state.position
    report.rejected = state.rejected
    report.quarantineBytes = files.quarantineLength
    report.journalBytes = files.journalBytes
    report.run = state.progressive.runSummary
    report.lastWindow = state.progressive.lastWindow
    report.slices = state.progressive.slices
    report.newestEventTime = newestEventTime
    let counters = model.table.counters
    report.table = TableUse(
      slots: model.table.slotCount, claimed: counters.claimed, evicted: counters.evicted, dropped: counters.dropped)
    report.currentSnapshot = snapshots.current
    report.snapshots = snapshots.progress
    report.problems = standingProblems
    report.sourceProblem = source.problem
    report.isCaughtUp = source.isCaughtUp
    report.isAtEnd = source.isAtEnd
    report.recordsToReplay = source.recordsToReplay
    return report
  }
}
