import AttentionalFM
import EventSources
import SnapshotStore

extension Learner {
  /// Goes back to a snapshot, between two events: first the journal's new line, the manifest and the lineage, each
  /// durable, then the swap, then the acknowledgement. Learning is in the condition it was in. No snapshot is being written.
  func rollBack(_ plan: RollbackPlan, _ completion: @escaping LearningCompletion<RollbackOutcome>) {
    guard source.resuming == nil else {
      // Its position would come back over that of the rollback.
      context.retired.add(plan.live)
      return completion(
        .failure(LearningProblem(.conflict, "learning is being resumed; roll back when that is done")))
    }
    guard let replacement = plan.model.take() else {
      return completion(.failure(LearningProblem(.conflict, "this rollback was carried out already")))
    }
    let left = model.eventsLearned
    let manifest: Manifest
    do throws(LearningProblem) {
      manifest = try makeDurable(plan)
    } catch {
      context.retired.add(plan.live)
      return completion(.failure(error))
    }
    context.retired.add(live)
    online = OnlineLearner(replacement, kernels: online.kernels)
    ranking = Learner.makeRanking(replacement, context)
    live = plan.live
    context.reference.swap(to: plan.live)
    state = plan.state
    state.position = manifest.position
    state.skips = manifest.skips
    snapshots.current = manifest.id
    snapshots.recordsSinceCapture = 0
    snapshots.positionMoved = false
    snapshots.lastMultiple = eventsSeen
    snapshots.lastCapture = MonotonicTime.now
    snapshots.isOwed = nil
    newestEventTime = nil
    isReportStale = true
    if plan.mode == .rewind {
      files.takeBack(to: state, log: context.log)
    }
    // What was read ahead goes on after a position that is kept, unless it follows an order that ends here, or a start
    // is on its way that would bring back what was counted before.
    if plan.mode == .rewind || source.recordsToReplay > 0 || !source.isStarted {
      if case .stopped = condition { source.isStarted = false } else { startSource() }
    }
    context.log.notice(
      "rolled back",
      [
        "snapshot": plan.target.manifest.id, "position": plan.mode.rawValue, "new": manifest.id,
        "events": model.eventsLearned,
      ])
    publishReport(ifDue: false)
    completion(
      .success(
        RollbackOutcome(
          manifest: manifest, eventsAbandoned: left > model.eventsLearned ? left - model.eventsLearned : 0,
          condition: condition)))
  }

  /// Begins the journal's new line and writes the manifest of the rollback.
  private func makeDurable(_ plan: RollbackPlan) throws(LearningProblem) -> Manifest {
    do throws(SnapshotProblem) {
      try context.store.requirePlace()
    } catch {
      throw LearningProblem(error)
    }
    let target = plan.target.manifest
    let markBefore = files.journal?.mark
    var kept = plan.mode == .keep ? keptPosition(countedAs: target.position) : nil
    do throws(JournalProblem) {
      if let journal = files.journal {
        try journal.branch(after: target.position?.journal ?? .beginning, at: kept ?? target.position)
        kept?.journal = journal.mark
      }
    } catch {
      throw LearningProblem(.storage, "the rollback was not carried out: \(error)")
    }
    do throws(SnapshotProblem) {
      return try context.store.rollback(
        to: plan.target, position: plan.mode == .keep ? .keep(kept, skips: state.skips) : .rewind)
    } catch {
      // The line that was left goes on after all.
      if let journal = files.journal, let markBefore,
        (try? journal.branch(after: markBefore, at: state.position)) == nil
      {
        source.journalIsBroken = true
      }
      throw LearningProblem(error)
    }
  }

  /// The present position with the counts of the snapshot's: what is counted is what the line of descent learned.
  private func keptPosition(countedAs target: SourcePosition?) -> SourcePosition? {
    guard var kept = state.position else { return nil }
    for index in kept.partitions.indices {
      let counted = target?[kept.partitions[index].partition]
      kept.partitions[index].recordsLearned = counted?.recordsLearned ?? 0
      kept.partitions[index].checksumSum = counted?.checksumSum ?? RecordChecksum(0)
    }
    return kept
  }
}
