import AttentionalFM
import LiveModel
import SnapshotStore

/// A model that was loaded beside the live one, ready to be swapped in.
struct RollbackPlan: Sendable {
  /// The snapshot it was loaded from, verified.
  var target: LoadedSnapshot
  var mode: RollbackMode
  var model: Handover<Model>
  var live: LiveModel
  /// The learner's state at the snapshot.
  var state: LearnerState
}

/// What a rollback came to; when it is told, it is durable and served.
public struct RollbackOutcome: Sendable {
  /// The manifest that begins the new line of descent; `rollback` in it says from where, to where and what it skipped.
  public var manifest: Manifest

  /// Events learned by the model that was left and not by the one that is served now.
  public var eventsAbandoned: UInt64

  /// Whether it was a rewind and the order journal no longer holds what was learned after the snapshot.
  public var isOrderGone: Bool

  /// Whether learning runs: as it did before.
  public var condition: LearningCondition
}
