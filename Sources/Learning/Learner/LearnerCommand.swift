import EventSources
import SnapshotStore

/// What is handed the outcome of a command: called exactly once, on the learner's thread; it must not wait.
public typealias LearningCompletion<Value> = @Sendable (Result<Value, LearningProblem>) -> Void

/// What the learner obeys between two events, also when idle.
enum LearnerCommand: Sendable {
  /// Take a snapshot, a full one or what the settings say; done when it is durable.
  case takeSnapshot(isFull: Bool, LearningCompletion<Manifest>)
  /// The snapshot writer is done.
  case snapshotWritten(WrittenSnapshot)
  /// Go back to a snapshot; done when that is durable and served.
  case rollback(QueuedRollback)
  /// The model of the rollback in hand was loaded beside the live one, or could not be.
  case rollbackLoaded(Result<RollbackPlan, LearningProblem>)
  /// Take note that a snapshot, wanted for a rollback, is damaged or cannot be read.
  case damageFound(UInt64, SnapshotProblem)
  /// Stop learning until resumed; done when that would survive a restart.
  case pause(LearningCompletion<LearningReport>)
  /// Learn on; done when that would survive a restart.
  case resume(MissingPositionPolicy?, LearningCompletion<LearningReport>)
  /// Report exactly.
  case report(@Sendable (LearningReport) -> Void)
  /// End, with a last snapshot or without; done when the learner has ended.
  case stop(takingSnapshot: Bool, LearningCompletion<Void>)
}
