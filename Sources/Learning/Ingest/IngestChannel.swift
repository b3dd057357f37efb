import EventSources
import Threads

/// What the ingest thread tells the learner beside records, in order with them.
enum IngestNotice: Sendable {
  /// The source has started, and says where.
  case started(StartReport)
  /// Starting, or reading, failed.
  case problem(SourceProblem)
  /// After a problem records come again.
  case delivers
  /// Everything that there is has been delivered.
  case caughtUp
  /// There are no more records and never will be.
  case endOfStream
  /// What is wrong although records come; nil once it is over.
  case standing(SourceFlaw?)
  /// What the source has to say of the position that was reached.
  case news(SourceNews)

  /// Whether it tells of a state that the next notice may end.
  var isPassing: Bool {
    switch self {
    case .problem(let problem): problem.isTransient
    case .caughtUp, .delivers: true
    case .started, .endOfStream, .standing, .news: false
    }
  }
}

/// What passes from the ingest thread to the learner.
enum IngestItem: Sendable {
  case batch(DecodedBatch)
  case notice(IngestNotice, epoch: UInt64)

  /// The start it belongs to.
  var epoch: UInt64 {
    switch self {
    case .batch(let batch): batch.epoch
    case .notice(_, let epoch): epoch
    }
  }

  /// Whether nothing is lost where this comes instead of the one before it: both say only how the source is doing. So
  /// a source that fails on and off while the learner is paused fills no memory.
  func replaces(_ earlier: IngestItem) -> Bool {
    guard case .notice(let new, let epoch) = self, case .notice(let old, epoch) = earlier else { return false }
    return new.isPassing && old.isPassing
  }
}

/// Where the source is to be started, or started again.
struct IngestStart: Sendable {
  var epoch: UInt64
  var position: SourcePosition?
  var missing: MissingPositionPolicy = .refuse
  var replaying: [JournalRun] = []
  /// Whether the model has learned events: then a missing position is no fresh start.
  var hasLearned = false
}

/// What the ingest thread is to do next.
enum IngestOrder {
  case start(IngestStart)
  case fill(DecodedBatch)
  case stop
  /// Nothing came in time.
  case nothing
}

/// What the learner is to do next.
enum LearnerWork {
  case commands([LearnerCommand])
  case item(IngestItem)
  /// Nothing came in time.
  case nothing
}

/// The bounded queue between the ingest thread and the learner, and the learner's mailbox beside it: one lock, taken
/// once a batch by either side.
///
/// There is a fixed number of batches. The ingest thread needs a free one to poll its source, so it stops polling when
/// the learner lags or is paused: back-pressure needs nothing else. Once it found none it goes on when half of them are
/// free, rather than being woken for each, while the learner has the other half to go on with.
final class IngestChannel: Sendable {
  private struct State {
    var free: [DecodedBatch]
    var ready: [IngestItem] = []
    var readyBatches = 0
    var commands: [LearnerCommand] = []
    var start: IngestStart?
    var stops = false
    var isClosed = false
    /// How many batches must be free before the ingest thread goes on: 1, unless it found none.
    var neededFree = 1

    /// Puts an item at the end, or in the place of what it takes in.
    mutating func add(_ item: IngestItem) {
      if let last = ready.last, item.replaces(last) { ready.removeLast() }
      if case .notice(.news(let news), let epoch) = item {
        // Nothing but notices since the news of that sort: both hold of the same records.
        var place = ready.count
        while place > 0, case .notice(let earlier, epoch) = ready[place - 1] {
          place -= 1
          guard case .news(let old) = earlier, let merged = old.merged(with: news) else { continue }
          ready[place] = .notice(.news(merged), epoch: epoch)
          return
        }
      }
      ready.append(item)
    }

    /// Takes what belongs to an earlier start from the head of the queue: it must not stand before the news of the
    /// start that counts.
    mutating func dropStale(_ epoch: UInt64) {
      while let first = ready.first, first.epoch != epoch {
        if case .batch(let batch) = first {
          readyBatches -= 1
          free.append(batch)
        }
        ready.removeFirst()
      }
    }
  }

  /// How many batches there are.
  let capacity: Int

  private let monitor: Monitor<State>

  init(batches: Int, recordsPerBatch: Int) {
    capacity = batches
    monitor = Monitor(State(free: (0..<batches).map { _ in DecodedBatch(capacity: recordsPerBatch) }))
  }

  // MARK: Any thread

  /// Puts a command into the learner's mailbox.
  ///
  /// - Returns: false where the learner has ended, and will not see it.
  func post(_ command: LearnerCommand) -> Bool {
    monitor.update { state in
      if !state.isClosed { state.commands.append(command) }
      return !state.isClosed
    }
  }

  /// How many batches wait for the learner.
  var waitingBatches: Int { monitor.read { $0.readyBatches } }

  // MARK: The learner's side

  /// Waits for commands, else for the next item; commands come first.
  ///
  /// - Parameters:
  ///   - finished: a batch that the learner is done with.
  ///   - epoch: the start that counts; what belongs to another is dropped.
  ///   - takesBatches: whether records are wanted; notices ahead of all records come in any case.
  ///   - milliseconds: how long to wait at most; nil waits for ever.
  func next(
    returning finished: DecodedBatch?, epoch: UInt64, takesBatches: Bool, milliseconds: Int?
  ) -> LearnerWork {
    let returned = finished != nil
    var finished = finished
    // A wait that gets nothing wakes nobody, so a batch is returned without one. The ingest thread alone waits for what
    // the learner changes here.
    let work = monitor.wait(milliseconds: returned ? 0 : milliseconds, wakes: { $0.free.count >= $0.neededFree }) {
      state -> LearnerWork? in
      if let batch = finished {
        state.free.append(batch)
        finished = nil
      }
      if !state.commands.isEmpty {
        let commands = state.commands
        state.commands = []
        return .commands(commands)
      }
      state.dropStale(epoch)
      guard let first = state.ready.first else { return nil }
      if case .batch = first {
        guard takesBatches else { return nil }
        state.readyBatches -= 1
      }
      return .item(state.ready.removeFirst())
    }
    if let work { return work }
    guard returned else { return .nothing }
    // The ingest thread may wait for the batch that was returned.
    monitor.update { _ in }
    if let milliseconds, milliseconds <= 0 { return .nothing }
    return next(returning: nil, epoch: epoch, takesBatches: takesBatches, milliseconds: milliseconds)
  }

  /// Tells the ingest thread to start its source, or start it again; what was read before is dropped here and now.
  func start(_ start: IngestStart) {
    monitor.update { state in
      for case .batch(let batch) in state.ready { state.free.append(batch) }
      state.ready.removeAll(keepingCapacity: true)
      state.readyBatches = 0
      state.start = start
    }
  }

  /// Ends the mailbox and gives the commands that are still in it.
  func close() -> [LearnerCommand] {
    monitor.update { state in
      state.isClosed = true
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// Tells the ingest thread to close its source and end.
  func stopIngest() {
    monitor.update { $0.stops = true }
  }

  // MARK: The ingest thread's side

  /// Waits for the next order.
  ///
  /// - Parameters:
  ///   - delivers: whether the source is in a state to deliver; otherwise only a start, the stop or the time ends the wait.
  ///   - held: an empty batch that the ingest thread has already.
  ///   - milliseconds: how long to wait at most; nil waits for ever.
  func nextOrder(delivers: Bool, holding held: DecodedBatch?, milliseconds: Int? = nil) -> IngestOrder {
    let order = monitor.wait(milliseconds: milliseconds) { state -> IngestOrder? in
      if state.stops { return .stop }
      if let start = state.start {
        state.start = nil
        return .start(start)
      }
      guard delivers else { return nil }
      if let held { return .fill(held) }
      guard state.free.count >= state.neededFree, let batch = state.free.popLast() else {
        state.neededFree = max(1, capacity / 2)
        return nil
      }
      state.neededFree = 1
      return .fill(batch)
    }
    return order ?? .nothing
  }

  /// Gives something to the learner.
  func deliver(_ item: IngestItem) {
    monitor.update { state in
      if case .batch = item { state.readyBatches += 1 }
      state.add(item)
    }
  }
}
