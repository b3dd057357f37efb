import AttentionalFM
import EventSources
import FeatureEncoding
import LiveModel
import Observability
import SnapshotStore
import Threads

/// Learning as the rest of the daemon sees it: threads that fetch, learn and write snapshots, and commands to them.
///
/// Commands return at once and may come from any thread; their completions are called once, on a thread of the
/// service, and must not wait. `stop` must be called, and `join` after it, before the service is let go.
public final class LearningService: Sendable {
  /// The model that scorers follow.
  public let reference: LiveModelReference

  private let channel: IngestChannel
  private let board: StatusBoard
  private let writer: SnapshotWriter
  private let ingest: IngestThread
  private let learner: DedicatedThread
  private let loader: RollbackLoader
  private let retired: RetiredModels

  /// Starts learning.
  ///
  /// - Parameters:
  ///   - settings: how learning runs.
  ///   - identity: what is learned, with which arithmetic and by which software.
  ///   - store: where snapshots are written.
  ///   - recovered: where learning goes on; used once.
  ///   - decoder: decodes the records; handed over to the ingest thread.
  ///   - files: the learner's files; handed over to it.
  ///   - metrics: where the figures of learning are registered.
  ///   - log: where operators read what happens.
  ///   - makeSource: makes the source, on the ingest thread.
  public init(
    settings: LearningSettings, identity: LearningIdentity, store: SnapshotStore, recovered: RecoveredLearning,
    decoder: sending EventDecoder, files: sending LearnerFiles, metrics: Metrics, log: Log,
    makeSource: @escaping SourceFactory
  ) {
    let channel = IngestChannel(batches: settings.queueBatches, recordsPerBatch: settings.recordsPerBatch)
    let board = StatusBoard()
    let reference = LiveModelReference(recovered.live)
    let writer = SnapshotWriter(
      nice: settings.learnerNice, store: store,
      ring: SegmentRing(identity.model, eventsAtOnce: settings.eventsAtOnce(identity.model.loss)),
      retained: settings.retainedSnapshots
    ) {
      _ = channel.post(.snapshotWritten($0))
    }
    let retired = RetiredModels()
    let loader = RollbackLoader(
      store: store, identity: identity, settings: settings, channel: channel, retired: retired)
    let context = LearnerContext(
      settings: settings, identity: identity, store: store, channel: channel, board: board, writer: writer,
      reference: reference, loader: loader, retired: retired, format: decoder.format, log: log)
    for note in recovered.notes { log.recovery("recovery", note) }
    LearningMetrics.register(in: metrics, board: board, channel: channel, loss: identity.model.loss)
    // What the thread's closure holds lives as long as the thread: the model and the events that wait must not.
    files.whenDeadLetterProblemsChange { _ = channel.post(.report { _ in }) }
    LearningMetrics.register(deadLetters: files.deadLetterFigures, in: metrics)
    let start = LearnerStart(recovered, files)
    learner = DedicatedThread(name: "learner", nice: settings.learnerNice) {
      start.makeLearner(context)?.run()
    }
    ingest = IngestThread(
      settings: settings, channel: channel, board: board, decoder: Handover(decoder), makeSource: makeSource)
    self.channel = channel
    self.board = board
    self.reference = reference
    self.loader = loader
    self.retired = retired
    self.writer = writer
  }

  /// How learning stands, at most some 50 ms old; does not wait.
  public var report: LearningReport { board.report }

  /// The report's snapshot, that the live model descends from. An atomic load: to be asked for every score.
  public var currentSnapshot: UInt64? { board.currentSnapshot }

  /// The report's newest event time, milliseconds since 1970. An atomic load: to be asked for every score.
  public var newestEventTime: Int64? { board.newestEventTime }

  /// How many decoded batches wait for the learner, and how many there are.
  public var queue: (waiting: Int, capacity: Int) { (channel.waitingBatches, channel.capacity) }

  /// How learning stands exactly, between two events.
  public func report(_ completion: @escaping @Sendable (LearningReport) -> Void) {
    let whole: @Sendable (LearningReport) -> Void = { [board] exact in completion(board.whole(exact)) }
    if !channel.post(.report(whole)) { completion(board.report) }
  }

  /// Takes a snapshot; done when it is durable. Requests that come while one is being written share the next.
  ///
  /// - Parameters:
  ///   - isFull: whether it must hold all rows, rather than those that changed where that is enough.
  ///   - completion: takes the manifest.
  public func takeSnapshot(isFull: Bool = false, _ completion: @escaping LearningCompletion<Manifest>) {
    if !channel.post(.takeSnapshot(isFull: isFull, completion)) { completion(.failure(Learner.stopping)) }
  }

  /// Goes back to a snapshot: loads and verifies it beside the live model, then swaps; done when that is durable and
  /// served. Learning stays in the condition it is in. One model at a time is loaded; other requests wait without one.
  public func rollBack(
    to snapshot: UInt64, mode: RollbackMode, _ completion: @escaping LearningCompletion<RollbackOutcome>
  ) {
    loader.open(snapshot, mode: mode, completion)
  }

  /// Pauses learning: the source is no longer consumed, scoring goes on. Done when it would survive a restart.
  public func pause(_ completion: @escaping LearningCompletion<LearningReport>) {
    if !channel.post(.pause(completion)) { completion(.failure(Learner.stopping)) }
  }

  /// Resumes learning; after a lost position, at the one that is chosen. Done when it would survive a restart.
  ///
  /// - Parameters:
  ///   - position: any place but `refuse`, which counts as none.
  ///   - completion: what to call with the report then, or with the problem.
  public func resume(
    at position: MissingPositionPolicy? = nil, _ completion: @escaping LearningCompletion<LearningReport>
  ) {
    if !channel.post(.resume(position, completion)) { completion(.failure(Learner.stopping)) }
  }

  /// Ends learning, with a last snapshot where something was learned since the last one; done when the learner has
  /// ended. A failure says why the last snapshot is missing.
  public func stop(takingSnapshot: Bool = true, _ completion: @escaping LearningCompletion<Void>) {
    if !channel.post(.stop(takingSnapshot: takingSnapshot, completion)) { completion(.failure(Learner.stopping)) }
  }

  /// Waits for all threads to end, after `stop`.
  public func join() {
    learner.join()
    ingest.join()
    writer.stop()
    retired.close()
    loader.stop()
    retired.join()
  }

  /// Waits until a report satisfies a condition; for tests and for orderly composition, never on an event loop.
  func waitForReport(milliseconds: Int? = nil, until condition: (LearningReport) -> Bool) -> LearningReport? {
    board.wait(milliseconds: milliseconds, until: condition)
  }
}
