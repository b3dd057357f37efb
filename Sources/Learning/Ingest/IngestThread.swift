import EventSources
import FeatureEncoding
import Threads

/// The thread that owns the source: fetches records, decodes and hashes them, and gives them to the learner.
///
/// It starts its source when told, at the position told, and obeys such orders between two batches. Batches and
/// notices carry the epoch of the start they belong to.
final class IngestThread: Sendable {
  private let thread: DedicatedThread

  /// Starts the thread; it waits for the first `IngestChannel.start`.
  ///
  /// - Parameters:
  ///   - decoder: handed over to the thread.
  ///   - makeSource: makes the source, on the thread, at the first start and again where that failed.
  ///   - board: where the thread leaves what is seen of the source, and finds the learned position.
  init(
    settings: LearningSettings, channel: IngestChannel, board: StatusBoard, decoder: Handover<EventDecoder>,
    makeSource: @escaping SourceFactory
  ) {
    thread = DedicatedThread(name: "ingest", nice: settings.ingestNice) {
      guard let decoder = decoder.take() else { return }
      Ingest(
        makeSource: makeSource, decoder: decoder, channel: channel, board: board, maximum: settings.recordsPerBatch
      ).run()
    }
  }

  /// Waits for the thread to end, after `IngestChannel.stopIngest`.
  func join() {
    thread.join()
  }
}

/// Makes a source of events, on the ingest thread.
public typealias SourceFactory = @Sendable () throws(SourceProblem) -> any EventSource

/// What the ingest thread works with; never leaves it.
private final class Ingest {
  private let makeSource: SourceFactory
  private var source: (any EventSource)?
  private let decoder: EventDecoder
  private let channel: IngestChannel
  private let board: StatusBoard
  private let maximum: Int
  private var epoch: UInt64 = 0
  private var held: DecodedBatch?

  /// Whether the source was started and has not come to its end or failed for good.
  private var delivers = false

  /// What was last told, so that a lasting state is told once.
  private var toldCaughtUp = false
  private var toldProblem: SourceProblem?
  private var toldStanding: SourceFlaw?
  private var nextReport = MonotonicTime.now

  private static let pollMilliseconds = 100
  private static let reportMilliseconds = 500

  init(
    makeSource: @escaping SourceFactory, decoder: EventDecoder, channel: IngestChannel, board: StatusBoard,
    maximum: Int
  ) {
    self.makeSource = makeSource
    self.decoder = decoder
    self.channel = channel
    self.board = board
    self.maximum = maximum
  }

  func run() {
    while true {
      switch channel.nextOrder(
        delivers: delivers, holding: held, milliseconds: source == nil ? nil : Ingest.reportMilliseconds)
      {
      case .stop:
        source?.close()
        return
      case .nothing: if let source { report(source) }
      case .start(let order): start(order)
      case .fill(let batch): poll(into: batch)
      }
    }
  }

  private func start(_ order: IngestStart) {
    epoch = order.epoch
    delivers = false
    toldCaughtUp = false
    toldProblem = nil
    toldStanding = nil
    do throws(SourceProblem) {
      if source == nil {
        source = try makeSource()
        source?.watch { [board] in board.see($0) }
      }
      guard let source else { return }
      try requirePosition(order, source)
      let report = try source.start(at: order.position, missing: order.missing, replaying: order.replaying)
      delivers = true
      tell(.started(report))
    } catch {
      tell(.problem(error))
    }
  }

  /// A model that was fitted to files stands nowhere in a source: it is told where to begin, unless the source's settings
  /// name an exact place, or it has only one.
  private func requirePosition(_ order: IngestStart, _ source: any EventSource) throws(SourceProblem) {
    guard order.hasLearned, order.position == nil, order.replaying.isEmpty, order.missing == .refuse,
      !source.hasCertainStart
    else { return }
    let exact = source.kind == .kafka ? "a time, or offsets" : "or the byte at which a line begins"
    throw SourceProblem(
      .positionLost,
      "the snapshot has no position in the source, since its model was fitted to files. Learning begins when it is told "
        + "where: `earliest`, `latest`, \(exact)")
  }

  private func poll(into batch: DecodedBatch) {
    held = batch
    guard let source else { return }
    let event = source.nextBatch(maximum: maximum, timeoutMilliseconds: Ingest.pollMilliseconds) { records in
      batch.fill(records, epoch: epoch, decoder: decoder)
    }
    switch event {
    case .records:
      held = nil
      toldCaughtUp = false
      if toldProblem != nil {
        toldProblem = nil
        tell(.delivers)
      }
      channel.deliver(.batch(batch))
      tellNews(source)
    case .idle(let caughtUp):
      tellNews(source)
      if caughtUp, !toldCaughtUp {
        toldCaughtUp = true
        toldProblem = nil
        tell(.caughtUp)
      }
    case .endOfStream:
      delivers = false
      tell(.endOfStream)
    case .problem(let problem):
      delivers = problem.isTransient && !problem.needsRestart
      if problem != toldProblem {
        toldProblem = problem
        toldCaughtUp = false
        tell(.problem(problem))
      }
    }
    if source.standingProblem != toldStanding {
      toldStanding = source.standingProblem
      tell(.standing(toldStanding))
    }
    report(source)
  }

  /// Tells what holds of the records delivered so far.
  private func tellNews(_ source: any EventSource) {
    for news in source.takeNews() { tell(.news(news)) }
  }

  private func tell(_ notice: IngestNotice) {
    channel.deliver(.notice(notice, epoch: epoch))
  }

  /// Twice a second, tells others how far the source reaches, and the source where the learner stands.
  private func report(_ source: any EventSource) {
    let now = MonotonicTime.now
    guard now >= nextReport || !delivers else { return }
    nextReport = now &+ UInt64(Ingest.reportMilliseconds) &* 1_000_000
    if let sight = source.sight() { board.see(sight) }
    if let position = board.report.position { source.publish(learned: position) }
  }
}
