import EventSources
import NegativeSampling
import SnapshotStore

extension Learner {
  /// Events learned or waiting: with each usable record it grows by one, whenever that is learned.
  var eventsSeen: UInt64 { model.eventsLearned &+ UInt64(clamping: state.waiting.count) }

  /// Takes the snapshot that falls due at a multiple of `snapshotEveryEvents`, where none is being written.
  func takeSnapshotIfMultiple() {
    let seen = eventsSeen
    guard let every = context.settings.snapshotEveryEvents, seen > 0, seen % every == 0,
      seen != snapshots.lastMultiple
    else { return }
    snapshots.lastMultiple = seen
    if snapshots.running == nil {
      takeSnapshot(.interval)
    } else {
      snapshots.progress.skipped &+= 1
    }
  }

  /// When the next snapshot falls due by the clock, 0 for at once; nil while one is running or nothing was learned.
  var nextSnapshotTime: UInt64? {
    guard snapshots.running == nil else { return nil }
    if let retry = snapshots.retryAt { return retry }
    if snapshots.isOwed != nil || !snapshots.waiting.isEmpty { return 0 }
    guard let seconds = context.settings.snapshotEverySeconds, snapshots.recordsSinceCapture > 0, ending == nil else {
      return nil
    }
    return snapshots.lastCapture &+ UInt64(max(0, seconds) * 1e9)
  }

  /// Takes a snapshot where one is due by the clock, owed or asked for; ends the learner where it is to end.
  func takeSnapshotIfDue(_ now: UInt64) {
    guard snapshots.running == nil else { return }
    if let ending {
      let isNeeded = snapshots.recordsSinceCapture > 0 || snapshots.positionMoved || snapshots.current == nil
      if ending.takesSnapshot, isNeeded, state.position != nil {
        self.ending?.takesSnapshot = false
        takeSnapshot(.shutdown)
        if snapshots.running == nil { end(LearningProblem(.storage, snapshots.progress.problem ?? "")) }
      } else {
        end()
      }
      return
    }
    if !snapshots.waiting.isEmpty { return takeSnapshot(.request) }
    guard let due = nextSnapshotTime, now >= due else { return }
    takeSnapshot(snapshots.isOwed ?? .interval)
  }

  /// Fixes the state between two events; the rows follow while learning goes on. The writer reports with
  /// `snapshotWritten`.
  func takeSnapshot(_ reason: SnapshotReason) {
    let since = MonotonicTime.now
    let completions = snapshots.waiting
    let isFullWanted = snapshots.isFullWanted
    snapshots.waiting = []
    snapshots.isFullWanted = false
    snapshots.retryAt = nil
    isReportStale = true
    do throws(SnapshotProblem) {
      // Before a file is made where another daemon may be by now.
      try context.store.requirePlace()
      let synced = try filesToSync()
      let modelState = ModelState(model)
      let extent =
        isFullWanted
        ? .full
        : context.store.extent(
          of: modelState, changed: Int(clamping: model.table.changedCount), since: snapshots.current,
          policy: context.settings.increments)
      snapshots.begun &+= 1
      let job = SnapshotWriter.Job(
        number: snapshots.begun, state: modelState, sections: state.sections + model.sections,
        waiting: state.waiting.isInUse ? state.waiting : nil, sampling: capturedSampling, extent: extent,
        facts: facts(reason),
        progressive: ProgressiveOverview(run: state.progressive.runSummary, lastWindow: state.progressive.lastWindow),
        files: synced)
      let sweep = SnapshotSweep(model, onlyChanged: extent != .full, ring: context.writer.ring)
      context.writer.begin(job)
      let captured = MonotonicTime.now
      snapshots.running = SnapshotCourse.Running(
        number: job.number, since: since, captureNanoseconds: captured &- since, sweep: sweep,
        completions: completions)
      snapshots.copying = sweep
      snapshots.progress.isRunning = true
      snapshots.recordsSinceCapture = 0
      snapshots.positionMoved = false
      snapshots.lastCapture = captured
      snapshots.isOwed = nil
    } catch {
      snapshotFailed(error, completions)
    }
  }

  /// The journal and the quarantine must be on the disk before a snapshot names places in them; the writer sees to it.
  private func filesToSync() throws(SnapshotProblem) -> SnapshotPlaces {
    let synced = try files.filesToSync()
    state.quarantineLength = files.quarantineLength
    state.deadLettersEnd = files.deadLettersEnd
    return synced
  }

  private var capturedSampling: (sampler: NegativeSampler, settings: NegativeSamplingSettings)? {
    guard let sampler = state.sampler, let settings = context.settings.negativeSampling else { return nil }
    return (sampler, settings)
  }

  private func facts(_ reason: SnapshotReason) -> SnapshotFacts {
    SnapshotFacts(
      reason: reason, eventsLearned: model.eventsLearned, position: state.position, skips: state.skips,
      model: model.configuration, schemaFingerprint: context.identity.schema.fingerprint,
      schema: context.identity.embeddedSchema,
      arithmetic: online.kernels.arithmetic, software: context.identity.software)
  }

  /// The writer is done.
  func snapshotWritten(_ written: WrittenSnapshot) {
    guard let running = snapshots.running, running.number == written.number else { return }
    let now = MonotonicTime.now
    var isSaved = false
    if case .success = written.result { isSaved = true }
    running.sweep.settle(saved: isSaved)
    snapshots.noteIfCopied()
    snapshots.running = nil
    files.wereSynced(written)
    files.deadLettersSynced(written.deadLettersSynced)
    snapshots.progress.isRunning = false
    isReportStale = true
    switch written.result {
    case .success(let manifest):
      snapshots.current = manifest.id
      if manifest.position != nil { source.awaitsSnapshot = false }
      snapshots.progress.written &+= 1
      snapshots.progress.problem = nil
      snapshots.progress.lastFinished = now
      snapshots.progress.lastBytes = manifest.ownSize
      snapshots.progress.lastRows = manifest.ownRows
      snapshots.progress.lastFiles = manifest.files.count
      snapshots.progress.lastSeconds = Double(now &- running.since) / 1e9
      snapshots.progress.lastCaptureSeconds =
        Double(max(running.captureNanoseconds, running.sweep.longestPause)) / 1e9
      snapshots.progress.lastLongestTurnSeconds = Double(running.sweep.longestTurn) / 1e9
      context.log.notice(
        "snapshot written",
        [
          "snapshot": manifest.id, "reason": manifest.reason.rawValue, "events": manifest.eventsLearned,
          "bytes": manifest.ownSize, "files": manifest.files.count, "seconds": snapshots.progress.lastSeconds ?? 0,
        ])
      removeOldSegments(written, manifest)
      publishReport(ifDue: false)
      for completion in running.completions { completion(.success(manifest)) }
    case .failure(let problem):
      snapshotFailed(problem, running.completions)
    }
    continueRollbacks()
    if ending?.takesSnapshot == false, case .failure(let problem) = written.result { end(LearningProblem(problem)) }
  }

  /// Removes what of the order journal no kept snapshot needs, and what exceeds its size; nothing while the current
  /// snapshot has no position, since a start from that replays all of it.
  private func removeOldSegments(_ written: WrittenSnapshot, _ manifest: Manifest) {
    if let problem = written.retentionProblem {
      context.log.warning("old snapshots could not be removed", ["problem": problem])
    }
    if let problem = written.compactionProblem {
      context.log.warning("the lineage has grown long and could not be written anew", ["problem": problem])
    }
    guard let journal = files.journal, !context.settings.keepsWholeJournal, let needed = manifest.position?.journal
    else { return }
    do throws(JournalProblem) {
      if let oldest = written.oldestMark { try journal.remove(before: oldest) }
      guard try journal.trim(keeping: needed) else { return }
      context.log.notice(
        "the oldest segments of the order journal were removed, as snapshots.journal_size says; going back to snapshots "
          + "from before them, records are learned in an order of their own", ["bytes": journal.size])
    } catch {
      context.log.warning("old segments of the order journal could not be removed", ["problem": error])
    }
  }

  /// Learning goes on; the next attempt comes after a while, or with the next multiple or request.
  private func snapshotFailed(_ problem: SnapshotProblem, _ completions: [LearningCompletion<Manifest>]) {
    // What was captured is not saved: it counts as learned since.
    snapshots.recordsSinceCapture = max(1, snapshots.recordsSinceCapture)
    snapshots.progress.failed &+= 1
    snapshots.progress.problem = problem.message
    snapshots.retryAt = MonotonicTime.now &+ UInt64(max(0, context.settings.snapshotRetrySeconds) * 1e9)
    isReportStale = true
    context.log.error("no snapshot was written", ["problem": problem])
    publishReport(ifDue: false)
    for completion in completions { completion(.failure(LearningProblem(problem))) }
  }
}
