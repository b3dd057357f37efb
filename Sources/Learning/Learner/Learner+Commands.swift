import EventSources
import SnapshotStore

extension Learner {
  /// Obeys a command, between two events.
  func obey(_ command: LearnerCommand) {
    isReportStale = true
    switch command {
    case .takeSnapshot(let isFull, let completion): snapshotRequested(isFull, completion)
    case .snapshotWritten(let written): snapshotWritten(written)
    case .rollback(let request): rollbackRequested(request)
    case .rollbackLoaded(let loaded): rollbackLoaded(loaded)
    case .damageFound(let snapshot, let problem): damageFound(in: snapshot, problem)
    case .pause(let completion): pause(completion)
    case .resume(let position, let completion): resume(at: position, completion)
    case .report(let completion): completion(makeReport())
    case .stop(let takingSnapshot, let completion): stop(takingSnapshot, completion)
    }
  }

  /// Takes a snapshot now, or after the one that is being written; several requests share one.
  private func snapshotRequested(_ isFull: Bool, _ completion: @escaping LearningCompletion<Manifest>) {
    guard ending == nil else { return completion(.failure(Learner.stopping)) }
    snapshots.waiting.append(completion)
    snapshots.isFullWanted = snapshots.isFullWanted || isFull
    if snapshots.running == nil { takeSnapshot(.request) }
  }

  private func pause(_ completion: @escaping LearningCompletion<LearningReport>) {
    if case .stopped = condition {
      return completion(
        .failure(LearningProblem(.conflict, "learning is stopped already; resume says how it can go on")))
    }
    enter(.paused, completion)
  }

  private func resume(at position: MissingPositionPolicy?, _ completion: @escaping LearningCompletion<LearningReport>) {
    guard source.resuming == nil else {
      return completion(.failure(LearningProblem(.conflict, "learning is being resumed already")))
    }
    if condition.needsPosition {
      guard let position, position != .refuse else {
        return completion(
          .failure(
            LearningProblem(
              .conflict,
              "the position was lost; say where to go on: 'earliest' or 'latest' of what the source has, a time (Kafka "
                + "alone), or offsets")))
      }
      source.resuming = completion
      return startSource(missing: position)
    }
    guard position == nil else {
      return completion(
        .failure(LearningProblem(.conflict, "no position was lost, so none can be chosen; resume without one")))
    }
    let wasRunning = condition == .running
    enter(.running, completion)
    // However long it was not read, the source may be another one by now: a start compares. Standard input cannot be
    // read again, and what was read ahead would be lost.
    if !wasRunning, condition == .running, state.position?.kind != .stdin || !source.isStarted { startSource() }
  }

  /// Changes the condition; it takes effect at once, and is acknowledged when it would survive a restart. Where it
  /// cannot be recorded, nothing changes.
  func enter(_ next: LearningCondition, _ completion: LearningCompletion<LearningReport>) {
    do throws(LearningProblem) {
      try enter(next)
    } catch {
      return completion(.failure(error))
    }
    publishReport(ifDue: false)
    completion(.success(makeReport()))
  }

  /// The same, to be acknowledged by the caller.
  func enter(_ next: LearningCondition) throws(LearningProblem) {
    do throws(SnapshotProblem) {
      try context.store.record(learning: next.lineageState)
    } catch {
      throw LearningProblem(error)
    }
    condition = next
    isReportStale = true
    context.log.notice("learning", ["state": "\(next)"])
  }

  private func stop(_ takingSnapshot: Bool, _ completion: @escaping LearningCompletion<Void>) {
    guard ending == nil else { return completion(.failure(Learner.stopping)) }
    context.channel.stopIngest()
    ending = (takingSnapshot, completion)
    source.restartAt = nil
    if !takingSnapshot, snapshots.running == nil { end() }
  }

  /// Answers a command that came when learning had ended.
  func refuse(_ command: LearnerCommand) {
    switch command {
    case .takeSnapshot(_, let completion): completion(.failure(Learner.stopping))
    case .snapshotWritten, .rollbackLoaded, .damageFound: break
    case .rollback(let request): request.completion(.failure(Learner.stopping))
    case .pause(let completion): completion(.failure(Learner.stopping))
    case .resume(_, let completion): completion(.failure(Learner.stopping))
    case .report(let completion): completion(makeReport())
    case .stop(_, let completion): completion(.failure(Learner.stopping))
    }
  }

  static let stopping = LearningProblem(.stopping, "learning is shutting down")
}
