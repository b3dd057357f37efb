import EventSources
import LiveModel
import SnapshotStore
import Threads

/// The thread that loads models to go back to, beside the live one: one at a time, when the learner says so.
///
/// There are two models at most: the next is loaded when the memory of the one before, replaced or refused, was given
/// back.
final class RollbackLoader: Sendable {
  private let worker = WorkerThread(name: "rollback loader")
  private let store: SnapshotStore
  private let identity: LearningIdentity
  private let settings: LearningSettings
  private let channel: IngestChannel
  private let retired: RetiredModels

  /// How long a model that was replaced may still be in use before a rollback is refused for it.
  private static let patienceMilliseconds = 30_000

  init(
    store: SnapshotStore, identity: LearningIdentity, settings: LearningSettings, channel: IngestChannel,
    retired: RetiredModels
  ) {
    self.store = store
    self.identity = identity
    self.settings = settings
    self.channel = channel
    self.retired = retired
  }

  /// Opens a snapshot, so that it can be read even where retention removes it meanwhile, and gives it to the learner,
  /// which says when its model is to be loaded. A rollback to one that was removed is refused.
  func open(_ snapshot: UInt64, mode: RollbackMode, _ completion: @escaping LearningCompletion<RollbackOutcome>) {
    let accepted = worker.run { [store, identity, channel] in
      do throws(SnapshotProblem) {
        let target = try store.archive.load(snapshot)
        // One that has learned nothing fits every schema, as where it is loaded.
        if target.manifest.eventsLearned > 0 { try identity.check(target.manifest) }
        let request = QueuedRollback(target: target, mode: mode, completion: completion)
        if !channel.post(.rollback(request)) { completion(.failure(Learner.stopping)) }
      } catch {
        RollbackLoader.tell(error, of: snapshot, to: channel)
        completion(.failure(LearningProblem(error)))
      }
    }
    if !accepted { completion(.failure(Learner.stopping)) }
  }

  /// Loads and verifies the model of a request that is the learner's next; the learner is told what came of it.
  func load(_ request: QueuedRollback) {
    let accepted = worker.run { [identity, settings, channel, retired] in
      let patience = RollbackLoader.patienceMilliseconds
      let loaded: Result<RollbackPlan, LearningProblem>
      if retired.waitUntilReleased(milliseconds: patience) {
        loaded = RollbackLoader.plan(request, identity, settings, channel)
      } else {
        loaded = .failure(
          LearningProblem(
            .conflict,
            "the model before the last rollback is still in use after \(patience / 1000) s, and a third has no room; "
              + "roll back again when the requests that began with it are answered"))
      }
      _ = channel.post(.rollbackLoaded(loaded))
    }
    if !accepted { _ = channel.post(.rollbackLoaded(.failure(Learner.stopping))) }
  }

  /// Ends the thread after what it is doing, and waits for that.
  func stop() {
    worker.stop()
  }

  private static func plan(
    _ request: QueuedRollback, _ identity: LearningIdentity, _ settings: LearningSettings, _ channel: IngestChannel
  ) -> Result<RollbackPlan, LearningProblem> {
    let manifest = request.target.manifest
    do throws(SnapshotProblem) {
      let loaded = try LoadedLearning.load(
        request.target, position: manifest.position, skips: manifest.skips, identity: identity, settings: settings)
      return .success(
        RollbackPlan(
          target: request.target, mode: request.mode, model: loaded.model, live: loaded.live, state: loaded.state))
    } catch {
      tell(error, of: manifest.id, to: channel)
      return .failure(LearningProblem(error))
    }
  }

  /// Damage concerns more than the one who asked for the rollback.
  private static func tell(_ problem: SnapshotProblem, of snapshot: UInt64, to channel: IngestChannel) {
    guard problem.kind == .damaged || problem.kind == .unreadable else { return }
    _ = channel.post(.damageFound(snapshot, problem))
  }
}
