import EventSources
import SnapshotStore

/// How the source is doing, as the learner sees it.
struct SourceCourse {
  /// The number of the last start that was ordered; everything from an earlier one is stale.
  var epoch: UInt64 = 0

  /// Whether the last start succeeded.
  var isStarted = false

  /// What is wrong at the moment.
  var problem: SourceProblem?

  /// What is wrong although records come.
  var standingProblem: SourceFlaw?

  /// Whether everything there is was learned, and whether there will never be more.
  var isCaughtUp = false
  var isAtEnd = false

  /// When to start again, on the monotonic clock, and how long the next wait will be.
  var restartAt: UInt64?
  var retrySeconds: Double?

  /// Where the last start was told to go on if the position is gone, until it succeeds; and whether the settings said
  /// so, not an operator.
  var missing = MissingPositionPolicy.refuse
  var isBySettings = false

  /// Records that are still to be learned again in the order of the journal.
  var recordsToReplay: UInt64 = 0

  /// Whether the last start was given an order of the journal to begin with, if only of jumps.
  var wasGivenOrder = false

  /// When the source was last seen to be the one that was learned from, in milliseconds since 1970; nil where this
  /// process has not seen it.
  var checkedAt: Int64?

  /// Of the positions that rollbacks left, the one in the newest source.
  var left: SourcePosition?

  /// Ends that positions moved to and the journal does not know, and when it is told.
  var unnotedEnds: [Int32: Int64] = [:]
  var noteEndsAt: UInt64?

  /// Whether the journal holds runs of records that were not learned, because it could not be written.
  var journalIsBroken = false

  /// Whether the position of a fresh start is not durable yet. A record that counted before would be passed over by a
  /// later start that begins at the end of the source again.
  var awaitsSnapshot = false

  /// The command that waits for a start at a chosen position.
  var resuming: LearningCompletion<LearningReport>?
}

extension Learner {
  private static let longestRetrySeconds = 30.0

  /// Begins: starts the source, unless an operator must choose a position first.
  func begin() {
    publishReport(ifDue: false)
    if case .stopped(let reason, let detail) = condition {
      context.log.warning("learning is stopped", ["reason": reason.rawValue, "detail": detail])
    } else {
      startSource()
    }
  }

  /// Orders the source to start at the learner's position, replaying what the journal holds beyond it, unless another
  /// position was chosen.
  func startSource(missing: MissingPositionPolicy = .refuse, isBySettings: Bool = false) {
    source.missing = missing
    source.isBySettings = isBySettings
    source.restartAt = nil
    source.isStarted = false
    source.isCaughtUp = false
    source.isAtEnd = false
    source.standingProblem = nil
    source.epoch &+= 1
    isReportStale = true
    do throws(JournalProblem) {
      let replaying = try runsToReplay(branches: missing != .refuse)
      source.recordsToReplay = replaying.reduce(0) { $0 &+ UInt64($1.count) }
      source.wasGivenOrder = !replaying.isEmpty
      state.position?.follow(replaying)
      context.channel.start(
        IngestStart(
          epoch: source.epoch, position: state.position, missing: missing, replaying: replaying,
          hasLearned: model.eventsLearned > 0))
    } catch {
      if case .damaged = error {
        // No later attempt would read it: an operator decides.
        return sourceFailed(
          SourceProblem(
            .replayImpossible,
            "\(error). `afmctl resume --position earliest` goes on at the saved position: each record is learned once, in "
              + "another order. Where that position is gone too, name `latest`, a time or offsets"))
      }
      retrySource(after: SourceProblem(.unreadable, "\(error)"))
    }
  }

  /// The place in the journal at which the learner's position stands.
  private func journalMark(_ journal: OrderJournal) -> JournalMark {
    guard let position = state.position else { return state.journalStart ?? .beginning }
    return position.journal ?? journal.mark
  }

  /// What the journal says was learned after the learner's position.
  private func runsToReplay(branches: Bool) throws(JournalProblem) -> [JournalRun] {
    guard let journal = files.journal else { return [] }
    let mark = journalMark(journal)
    if branches || source.journalIsBroken {
      try journal.branch(after: mark, at: state.position)
      source.journalIsBroken = false
      return []
    }
    do throws(JournalProblem) {
      let runs = try journal.resume(after: mark, at: state.position)
      if !runs.isEmpty {
        context.log.notice("learning goes on in the order of the journal", ["runs": runs.count])
      }
      return runs
    } catch {
      guard case .notOnLine = error else { throw error }
      context.log.warning("\(error)")
      try journal.branch(after: mark, at: state.position)
      return []
    }
  }

  /// Begins the journal's line that a rollback named, which is durable; where that fails the source is started again,
  /// and its start begins the line.
  ///
  /// - Returns: whether what was read ahead may be learned.
  func beginLine() -> Bool {
    guard let journal = files.journal else { return true }
    do throws(JournalProblem) {
      try journal.begin(journalMark(journal), at: state.position)
      state.position?.journal = journal.mark
      source.journalIsBroken = false
      return true
    } catch {
      let problem = SourceProblem(.unreadable, "\(error); learning waits until the journal can be written")
      if case .stopped = condition {
        source.isStarted = false
        context.log.warning("source", ["problem": problem])
      } else {
        retrySource(after: problem)
      }
      return false
    }
  }

  /// Takes note of what the ingest thread tells.
  func handle(_ notice: IngestNotice) {
    isReportStale = true
    switch notice {
    case .started(let report): sourceStarted(report)
    case .problem(let problem): sourceFailed(problem)
    case .news(let news): take(news)
    case .delivers:
      source.problem = nil
      source.retrySeconds = nil
    case .caughtUp:
      source.isCaughtUp = true
      // Of the records that an order named, compaction may have left fewer.
      source.recordsToReplay = 0
      source.problem = nil
      source.retrySeconds = nil
    case .standing(let problem): source.standingProblem = problem
    case .endOfStream:
      source.isCaughtUp = true
      source.isAtEnd = true
      context.log.notice(
        "the source has come to its end",
        ["records": state.position?.recordsLearned ?? 0, "waiting": state.waiting.count])
    }
  }

  private func sourceStarted(_ report: StartReport) {
    for note in report.notes { context.log.notice("source started", ["note": note]) }
    let isElsewhere = source.missing != .refuse && report.isAnotherSource
    if let completion = source.resuming, condition != .running {
      do throws(LearningProblem) {
        try enter(.running)
      } catch {
        // What is answered with a failure has no effect: the position that was chosen is not taken either.
        source.resuming = nil
        source.missing = .refuse
        source.isStarted = false
        // What was started has nothing more to tell.
        source.epoch &+= 1
        context.log.error("that learning goes on could not be recorded; it does not", ["problem": error])
        publishReport(ifDue: false)
        return completion(.failure(error))
      }
    }
    let before = state.position
    state.position = report.position
    if isElsewhere {
      state.enterSuccessor(of: before, newest: newestSource())
    } else if let before, before.holdsNothingToCompare(withTopic: report.position.topicID),
      let newest = newestSource()
    {
      state.enterPresentTopic(newest: newest)
    }
    if let journal = files.journal {
      do throws(JournalProblem) {
        for partition in report.position.partitions {
          guard let old = before?[partition.partition], old.nextOffset != partition.nextOffset else { continue }
          try journal.appendJump(partition: partition.partition, nextOffset: partition.nextOffset)
        }
        if before == nil, !source.wasGivenOrder { try noteBeginning(report.position, in: journal) }
        try journal.flush()
      } catch {
        source.journalIsBroken = true
        return retrySource(after: SourceProblem(.unreadable, "\(error)"))
      }
      state.position?.journal = journal.mark
    }
    source.isStarted = true
    source.problem = nil
    source.checkedAt = wallClockMilliseconds()
    if !source.unnotedEnds.isEmpty { source.noteEndsAt = MonotonicTime.now }
    let wasChosen = source.missing != .refuse
    source.missing = .refuse
    let moved = before.map { $0.partitions.contains { report.position[$0.partition]?.nextOffset != $0.nextOffset } }
    if let completion = source.resuming {
      source.resuming = nil
      publishReport(ifDue: false)
      completion(.success(makeReport()))
    }
    // The first position, and one that was chosen, must not have to be chosen again.
    // A snapshot that was asked for before the source ever started has none.
    let isUnsaved = snapshots.current == nil || before == nil || source.awaitsSnapshot
    let isFresh = isUnsaved && source.recordsToReplay == 0
    if isFresh || wasChosen || moved == true { snapshots.isOwed = isFresh ? .start : .request }
    source.awaitsSnapshot = isFresh
  }

  /// Of all positions that are known, the one in the newest source: of the snapshots that can be read, and of what
  /// rollbacks left.
  private func newestSource() -> SourcePosition? {
    let archive = context.store.archive
    let ids = (try? archive.ids()) ?? []
    let saved = ids.compactMap { (try? archive.manifest($0))?.position }
    return state.position?.newestSource(of: saved + [source.left].compactMap { $0 })
  }

  private func sourceFailed(_ problem: SourceProblem) {
    source.problem = problem
    context.log.warning("source", ["problem": problem, "kind": problem.kind.rawValue])
    if let completion = source.resuming {
      source.resuming = nil
      source.isStarted = false
      publishReport(ifDue: false)
      return completion(.failure(LearningProblem(.source, problem.message)))
    }
    if problem.isTransient && source.isStarted && !problem.needsRestart { return }
    source.isStarted = false
    let policy = context.settings.onMissingPosition
    if problem.needsPosition, policy != .refuse, !source.isBySettings || source.missing == .refuse {
      context.log.warning(
        "the position is gone; learning goes on as source.on_missing_position says"
          + (problem.kind == .otherSource ? whatTheLastCheckVouchesFor() : ""), ["position": policy.description])
      return startSource(missing: policy, isBySettings: true)
    }
    switch problem.kind {
    case .positionLost: stopLearning(.positionLost, problem.message)
    case .otherSource: stopLearning(.otherSource, problem.message + whatTheLastCheckVouchesFor())
    case .replayImpossible: stopLearning(.replayImpossible, problem.message)
    case .configuration, .damaged: stopLearning(.sourceFailed, problem.message)
    case .unreachable, .refused, .missing, .unreadable: retrySource(after: problem)
    }
  }

  /// Starts the source again after a while, longer each time.
  func retrySource(after problem: SourceProblem) {
    let seconds = source.retrySeconds ?? context.settings.sourceRetrySeconds
    source.problem = problem
    source.isStarted = false
    source.epoch &+= 1
    source.retrySeconds = min(seconds * 2, Learner.longestRetrySeconds)
    source.restartAt = MonotonicTime.now &+ UInt64(max(0, seconds) * 1e9)
    isReportStale = true
    context.log.warning("the source will be started again", ["problem": problem.message, "seconds": seconds])
  }

  func restartSourceIfDue(_ now: UInt64) {
    guard let time = source.restartAt, now >= time, ending == nil else { return }
    startSource()
  }

  /// Stops learning until an operator decides; serving goes on.
  func stopLearning(_ reason: StopReason, _ detail: String) {
    source.restartAt = nil
    condition = .stopped(reason, detail: detail)
    isReportStale = true
    context.log.error("learning stopped", ["reason": reason.rawValue, "detail": detail])
    do throws(SnapshotProblem) {
      try context.store.record(learning: condition.lineageState)
    } catch {
      context.log.error("that learning stopped could not be recorded", ["problem": error])
    }
  }
}
