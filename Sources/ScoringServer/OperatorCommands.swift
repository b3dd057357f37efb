import ScoringAPI

/// What a command's outcome is handed to. It may be called from any thread, exactly once.
public typealias CommandCompletion<Value> = @Sendable (Result<Value, Problem>) -> Void

/// Whether the daemon can answer with a model that is worth asking.
public enum Readiness: Equatable, Sendable {
  /// It can.
  case ready
  /// It cannot, for this reason (no model yet, shutting down, ...).
  case notReady(String)
}

/// What operators may ask of the daemon: the only way from the sockets to learning.
///
/// Every method is called on an event loop and must return at once: the work is done elsewhere, and the completion is
/// called, once, when it is done. The server keeps the answers of one connection in the order of its requests.
public protocol OperatorCommands: Sendable {
  /// Whether the daemon is ready. Called on an event loop; must not wait.
  func readiness() -> Readiness

  /// Gathers the status report.
  func status(_ completion: @escaping CommandCompletion<StatusReport>)

  /// Lists the snapshots, oldest first.
  func snapshots(_ completion: @escaping CommandCompletion<SnapshotList>)

  /// Takes a snapshot now; done when it is durable.
  func takeSnapshot(_ request: SnapshotRequest, _ completion: @escaping CommandCompletion<SnapshotSummary>)

  /// Pins a snapshot, so that retention leaves it alone, or lets go of it.
  func setPin(_ pinned: Bool, snapshot: UInt64, _ completion: @escaping CommandCompletion<SnapshotSummary>)

  /// Goes back to a snapshot; done when that is durable and served.
  func rollback(_ request: RollbackRequest, _ completion: @escaping CommandCompletion<RollbackReport>)

  /// Pauses or resumes learning; done when the learner obeys it and it would survive a restart.
  func setLearning(_ request: LearningRequest, _ completion: @escaping CommandCompletion<LearningStatus>)

  /// Begins an orderly shutdown; done when it has begun, so that the answer still goes out.
  func shutdown(_ completion: @escaping CommandCompletion<ShutdownReport>)
}
