import SnapshotStore

/// A rollback that was asked for: its snapshot is open, its model is not loaded.
struct QueuedRollback: Sendable {
  var target: LoadedSnapshot
  var mode: RollbackMode
  var completion: LearningCompletion<RollbackOutcome>
}

/// The rollbacks that were asked for, in order. The first alone has a model, or is getting one.
struct RollbackQueue {
  /// Those that wait, without a model.
  var waiting: [QueuedRollback] = []

  /// The one whose model is being loaded, or is.
  var inHand: QueuedRollback?

  /// Its model, while a snapshot is still being written.
  var plan: RollbackPlan?

  /// Whether none was asked for.
  var isEmpty: Bool { waiting.isEmpty && inHand == nil }

  /// Who still waits for an answer, in order.
  var completions: [LearningCompletion<RollbackOutcome>] { ([inHand].compactMap { $0 } + waiting).map(\.completion) }
}

extension Learner {
  /// Takes a request; its model is loaded when no snapshot is being written and those before it are done with.
  func rollbackRequested(_ request: QueuedRollback) {
    guard ending == nil else { return request.completion(.failure(Learner.stopping)) }
    snapshots.rollbacks.waiting.append(request)
    continueRollbacks()
  }

  /// The model of the request in hand is there, or not.
  func rollbackLoaded(_ loaded: Result<RollbackPlan, LearningProblem>) {
    switch loaded {
    case .success(let plan): snapshots.rollbacks.plan = plan
    case .failure(let problem):
      let request = snapshots.rollbacks.inHand
      snapshots.rollbacks.inHand = nil
      request?.completion(.failure(problem))
    }
    continueRollbacks()
  }

  /// Says that a snapshot that was to be gone back to is damaged or cannot be read: to all who watch, not only to the one
  /// who asked for it. It stays where it is.
  func damageFound(in snapshot: UInt64, _ problem: SnapshotProblem) {
    snapshots.noteDamaged([snapshot])
    context.log.error(
      "a snapshot is damaged or cannot be read; roll back to another one, see afmctl snapshots verify",
      ["snapshot": snapshot, "problem": problem])
  }

  /// Carries out the rollback whose model is loaded, and has the next one's loaded, while no snapshot is being written.
  func continueRollbacks() {
    guard snapshots.running == nil else { return }
    if let request = snapshots.rollbacks.inHand, let plan = snapshots.rollbacks.plan {
      snapshots.rollbacks.inHand = nil
      snapshots.rollbacks.plan = nil
      rollBack(plan, request.completion)
    }
    guard snapshots.rollbacks.inHand == nil, ending == nil, !snapshots.rollbacks.waiting.isEmpty else { return }
    let next = snapshots.rollbacks.waiting.removeFirst()
    snapshots.rollbacks.inHand = next
    context.loader.load(next)
  }
}
