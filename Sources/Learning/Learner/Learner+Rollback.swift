import AttentionalFM
import EventSources
import SnapshotStore

extension Learner {
  /// Goes back to a snapshot, between two events: first the manifest and the lineage, each durable, then the journal's
  /// new line and the swap, then the acknowledgement. Learning is in the condition it was in. No snapshot is being written.
  ///
  /// Quarantine and dead letters keep what they have: what is read again they then hold twice, but a later rollback to a
  /// snapshot of the line that is left here reads none of it again.
  ///
  /// The manifest names the journal's line, so that a start begins it where a crash came between. The other way around
  /// a start would follow the line of a rollback that never was.
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
    let isOrderGone = plan.mode == .rewind && isOrderGone(after: plan.target.manifest)
    let manifest: Manifest
    do throws(LearningProblem) {
      manifest = try makeDurable(plan)
    } catch {
      context.retired.add(plan.live)
      return completion(.failure(error))
    }
    totals.follow(lineCounts)
    context.retired.add(live)
    online = OnlineLearner(replacement, kernels: online.kernels)
    ranking = Learner.makeRanking(replacement, context)
    live = plan.live
    context.reference.swap(to: plan.live)
    let before = state.position
    if before?.predecessors ?? 0 > source.left?.predecessors ?? 0 { source.left = before }
    state = plan.state
    state.position = manifest.position
    state.skips = manifest.skips
    state.journalStart = manifest.rollback?.journal
    totals.goOn(from: lineCounts)
    snapshots.current = manifest.id
    snapshots.recordsSinceCapture = 0
    snapshots.positionMoved = false
    snapshots.lastMultiple = eventsSeen
    snapshots.lastCapture = MonotonicTime.now
    snapshots.isOwed = nil
    if manifest.position != nil { source.awaitsSnapshot = false }
    newestEventTime = nil
    isReportStale = true
    // What was read ahead goes on after a position that is kept, unless it follows an order that ends here, stands
    // elsewhere, or a start is on its way that would bring back what was counted before.
    let isReadAhead =
      plan.mode == .keep && source.recordsToReplay == 0 && source.isStarted && manifest.position.standsAt(before)
    if !isReadAhead { source.checkedAt = nil }
    if beginLine(), !isReadAhead {
      if case .stopped = condition { source.isStarted = false } else { startSource() }
    }
    context.log.notice(
      "rolled back",
      [
        "snapshot": plan.target.manifest.id, "position": plan.mode.rawValue, "new": manifest.id,
        "events": model.eventsLearned,
      ])
    if isOrderGone {
      context.log.notice(
        "the order journal no longer holds what was learned after the snapshot; it is learned in an order of its own",
        ["snapshot": plan.target.manifest.id])
    }
    publishReport(ifDue: false)
    completion(
      .success(
        RollbackOutcome(
          manifest: manifest, eventsAbandoned: left > model.eventsLearned ? left - model.eventsLearned : 0,
          isOrderGone: isOrderGone, condition: condition)))
  }

  /// Whether the journal no longer holds what was learned after a snapshot.
  private func isOrderGone(after manifest: Manifest) -> Bool {
    guard let journal = files.journal, let mark = manifest.position?.journal else { return false }
    return (try? journal.holds(mark)) == false
  }

  /// Writes the manifest of the rollback.
  private func makeDurable(_ plan: RollbackPlan) throws(LearningProblem) -> Manifest {
    do throws(SnapshotProblem) {
      try context.store.requirePlace()
    } catch {
      throw LearningProblem(error)
    }
    let target = plan.target.manifest
    var line: JournalMark?
    do throws(JournalProblem) {
      line = try files.journal?.nameBranch(after: target.position?.journal ?? target.rollback?.journal ?? .beginning)
    } catch {
      throw LearningProblem(.storage, "the rollback was not carried out: \(error)")
    }
    do throws(SnapshotProblem) {
      return try context.store.rollback(to: plan.target, position: position(after: plan), journal: line)
    } catch {
      throw LearningProblem(error)
    }
  }

  /// Where learning goes on: for `keep` the later of the present position and the snapshot's, with the counts of the
  /// snapshot's, since what is counted is what the line of descent learned.
  private func position(after plan: RollbackPlan) -> RollbackPosition {
    guard plan.mode == .keep else { return .rewind }
    let target = plan.target.manifest
    let kept = KeptPosition(
      present: state.position, skips: state.skips, snapshot: target.position, snapshotSkips: target.skips)
    return .keep(kept.position, skips: kept.skips)
  }
}
