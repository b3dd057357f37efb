import Configuration
import Learning
import ScoringAPI
import ScoringServer
import SnapshotStore
import Threads

/// What operators' requests come to: takes them from the sockets, hands them to learning or to the snapshots, and
/// answers. Nothing here waits on an event loop: the disk is read on a thread of the desk's own.
final class OperatorDesk: OperatorCommands {
  private let learning: LearningService
  private let store: SnapshotStore
  private let assembly: StatusAssembly
  private let maximumLag: Duration?
  private let clerk = WorkerThread(name: "operator desk")
  private let onShutdown: @Sendable () -> Void

  /// Makes a desk.
  ///
  /// - Parameters:
  ///   - learning: what is asked and told.
  ///   - store: the snapshots.
  ///   - assembly: makes the status.
  ///   - maximumLag: how far learning may be behind for the daemon to count as ready; nil for any.
  ///   - onShutdown: asks the daemon to end.
  init(
    learning: LearningService, store: SnapshotStore, assembly: StatusAssembly, maximumLag: Duration?,
    onShutdown: @escaping @Sendable () -> Void
  ) {
    self.learning = learning
    self.store = store
    self.assembly = assembly
    self.maximumLag = maximumLag
    self.onShutdown = onShutdown
  }

  /// Waits for what was asked of the disk, and takes no more.
  func close() {
    clerk.stop()
  }

  func readiness() -> Readiness {
    guard let maximum = maximumLag else { return .ready }
    return Self.readiness(learning.report, maximumLag: maximum, now: Int64(StatusAssembly.wallClock() * 1000))
  }

  /// Whether learning is near enough to its source.
  static func readiness(_ report: LearningReport, maximumLag: Duration, now milliseconds: Int64) -> Readiness {
    let limit = "`sockets.ready.maximum_lag` allows \(maximumLag.components.seconds) s"
    guard let seconds = report.greatestLagSeconds(now: milliseconds) else {
      return .notReady("how far learning is behind its source is not known; \(limit)")
    }
    if seconds <= maximumLag.seconds { return .ready }
    let what = report.lag == nil ? "may be" : "is"
    return .notReady("learning \(what) \(Int64(seconds)) s behind its source; \(limit)")
  }

  func status(_ completion: @escaping CommandCompletion<StatusReport>) {
    runOnDisk(completion) { [self] in
      // A status must not say that all is well when the directory was moved away a moment ago.
      store.checkPlace()
      learning.report { [self] report in
        onDisk(completion) { [self] in
          assembly.status(report, queue: learning.queue, newest: store.currentManifest)
        }
      }
    }
  }

  func snapshots(_ completion: @escaping CommandCompletion<SnapshotList>) {
    onDisk(completion) { [self] () throws(SnapshotProblem) in
      SnapshotList(snapshots: try store.list().compactMap(Self.summary))
    }
  }

  func takeSnapshot(_ request: SnapshotRequest, _ completion: @escaping CommandCompletion<SnapshotSummary>) {
    learning.takeSnapshot(isFull: request.full) { [self] result in
      switch result {
      case .failure(let problem): completion(.failure(Self.problem(problem)))
      case .success(let manifest): summary(of: manifest.id, completion)
      }
    }
  }

  func setPin(_ pinned: Bool, snapshot: UInt64, _ completion: @escaping CommandCompletion<SnapshotSummary>) {
    onDisk(completion) { [self] () throws(SnapshotProblem) in
      try store.setPin(pinned, snapshot: snapshot)
      return try existing(snapshot)
    }
  }

  func rollback(_ request: RollbackRequest, _ completion: @escaping CommandCompletion<RollbackReport>) {
    learning.rollBack(to: request.snapshot, mode: request.position == .keep ? .keep : .rewind) { [assembly] result in
      completion(
        result.map { outcome in
          RollbackReport(
            snapshot: outcome.manifest.id, restored: request.snapshot, position: request.position,
            eventsLearned: outcome.manifest.eventsLearned, eventsAbandoned: outcome.eventsAbandoned,
            orderGone: outcome.isOrderGone, learning: assembly.learning(outcome.condition))
        }.mapError(Self.problem))
    }
  }

  func setLearning(_ request: LearningRequest, _ completion: @escaping CommandCompletion<LearningStatus>) {
    let done: LearningCompletion<LearningReport> = { [assembly] result in
      completion(result.map { assembly.learning($0.condition) }.mapError(Self.problem))
    }
    switch (request.state, request.position) {
    case (.paused, nil): learning.pause(done)
    case (.paused, _?): completion(.failure(.badRequest("a pause takes no position", field: "position")))
    case (.running, nil): learning.resume(done)
    case (.running, let text?):
      guard let position = StartPosition(text: text) else {
        return completion(
          .failure(.badRequest("position is '\(text)'; it is to be \(StartPosition.wanted)", field: "position")))
      }
      learning.resume(at: SourceAssembly.policy(position), done)
    case (.stopped, _):
      completion(
        .failure(.badRequest("learning stops by itself alone; 'paused' and 'running' can be asked for", field: "state"))
      )
    }
  }

  func shutdown(_ completion: @escaping CommandCompletion<ShutdownReport>) {
    learning.report { [onShutdown] report in
      completion(.success(ShutdownReport(eventsLearned: report.eventsLearned)))
      onShutdown()
    }
  }

  private func summary(of id: UInt64, _ completion: @escaping CommandCompletion<SnapshotSummary>) {
    onDisk(completion) { [self] () throws(SnapshotProblem) in try existing(id) }
  }

  private func existing(_ id: UInt64) throws(SnapshotProblem) -> SnapshotSummary {
    guard let summary = Self.summary(try store.show(id)) else {
      throw SnapshotProblem(.damaged, "the manifest of snapshot \(id) cannot be read")
    }
    return summary
  }

  /// Answers with what reads the disk, on the desk's own thread.
  private func onDisk<Value: Sendable>(
    _ completion: @escaping CommandCompletion<Value>, _ body: @escaping @Sendable () throws(SnapshotProblem) -> Value
  ) {
    runOnDisk(completion) { () throws(SnapshotProblem) in completion(.success(try body())) }
  }

  /// Runs what reads the disk on the desk's own thread; where it fails, that is the answer.
  private func runOnDisk<Value: Sendable>(
    _ completion: @escaping CommandCompletion<Value>, _ body: @escaping @Sendable () throws(SnapshotProblem) -> Void
  ) {
    let accepted = clerk.run {
      do throws(SnapshotProblem) {
        try body()
      } catch {
        completion(.failure(Self.problem(error)))
      }
    }
    if !accepted { completion(.failure(.unavailable("the daemon is shutting down"))) }
  }

  private static func summary(_ listing: SnapshotListing) -> SnapshotSummary? {
    guard let manifest = listing.manifest, !listing.isSetAside else { return nil }
    return SnapshotSummary(
      id: listing.id, parent: manifest.parent, created: manifest.created, reason: manifest.reason.rawValue,
      eventsLearned: manifest.eventsLearned, base: manifest.base, bytes: manifest.totalSize,
      bytesWritten: manifest.ownSize, rows: manifest.ownRows, files: UInt64(manifest.files.count),
      pinned: listing.isPinned, current: listing.isCurrent, abandoned: listing.isAbandoned,
      orderGone: listing.isOrderGone,
      loss: manifest.progressive.flatMap { try? $0.decode(ProgressiveOverview.self) }?.run.loss)
  }

  private static func problem(_ problem: SnapshotProblem) -> Problem {
    switch problem.kind {
    case .unknownSnapshot: .notFound(problem.message, field: "snapshot")
    default: .internalError(problem.message)
    }
  }

  private static func problem(_ problem: LearningProblem) -> Problem {
    switch problem.kind {
    case .conflict: .conflict(problem.message)
    case .unknownSnapshot: .notFound(problem.message, field: "snapshot")
    case .source: .conflict(problem.message)
    case .storage: .internalError(problem.message)
    case .stopping: .unavailable(problem.message)
    }
  }
}
