import EventSources
import SnapshotStore

/// What the source has to say of the position beside records.
extension Learner {
  /// Takes news of the source, in order with the records.
  func take(_ news: SourceNews) {
    switch news {
    case .checked(let check):
      state.position?.remember(check)
      source.checkedAt = check.milliseconds
    case .reachedEnds(let ends):
      for (partition, end) in ends where state.position?.reachEnd(of: partition, at: end) == true {
        snapshots.positionMoved = true
        guard files.journal != nil else { continue }
        source.unnotedEnds[partition] = end
        // Records that follow soon say it as well, so the journal is told of the ends of quiet partitions only.
        let seconds = max(0, context.settings.unnotedEndsSeconds)
        source.noteEndsAt = source.noteEndsAt ?? MonotonicTime.now &+ UInt64(seconds * 1e9)
      }
    }
  }

  /// Writes the ends at which positions still stand into the journal: after a kill, the partition goes on there even if
  /// what lay before it has expired.
  func noteEndsIfDue(_ now: UInt64) {
    guard let time = source.noteEndsAt, now >= time else { return }
    // A timer that is due and stays so would be asked for again and again: the next start sets it anew.
    source.noteEndsAt = nil
    guard source.isStarted, ending == nil else { return }
    let ends = source.unnotedEnds.filter { state.position?[$0.key]?.nextOffset == $0.value }
    source.unnotedEnds = [:]
    guard let journal = files.journal, source.recordsToReplay == 0, !source.journalIsBroken, !ends.isEmpty else {
      return
    }
    do throws(JournalProblem) {
      for (partition, end) in ends.sorted(by: { $0.key < $1.key }) {
        try journal.appendJump(partition: partition, nextOffset: end)
      }
      try journal.flush()
    } catch {
      source.journalIsBroken = true
      retrySource(after: SourceProblem(.unreadable, "\(error)"))
    }
  }

  /// Writes where a fresh start begins, durable before the first record is learned: a restart without a snapshot begins
  /// there again, which cannot be computed where offsets hold no records.
  func noteBeginning(_ position: SourcePosition, in journal: OrderJournal) throws(JournalProblem) {
    for partition in position.partitions {
      try journal.appendJump(partition: partition.partition, nextOffset: partition.nextOffset)
    }
    try journal.sync()
  }

  /// Where the source turned out to be another one: when it was last seen to be the same, what was learned since, and
  /// the newest snapshot that holds nothing of that.
  func whatTheLastCheckVouchesFor() -> String {
    guard let position = state.position else { return "" }
    let checked = position.partitions.filter { $0.lastChecked != nil }
    if checked.isEmpty || isRewound { return "" }
    let places = checked.compactMap { partition in
      partition.lastChecked.map { "offset \($0.offset) of partition \(partition.partition)" }
    }
    let time = source.checkedAt.map { "at " + utcText(milliseconds: $0) } ?? "before this process started"
    var text = ". It was last seen to be the same \(time), after \(places.joined(separator: ", "))"
    let since = checked.compactMap { partition -> String? in
      guard let known = partition.lastChecked, let last = partition.lastRecord, last.offset > known.offset else {
        return nil
      }
      return "offsets \(known.offset &+ 1) to \(last.offset) of partition \(partition.partition)"
    }
    guard !since.isEmpty else { return text + "; nothing was learned since" }
    text += "; what was learned since, \(since.joined(separator: ", ")), may be the other's. "
    if let snapshot = newestSnapshot(before: checked) {
      return text + "Snapshot \(snapshot) is the newest that holds nothing of it: to be without it, first "
        + "`afmctl rollback \(snapshot) --position rewind`"
    }
    return text + "No snapshot is left that holds nothing of it"
  }

  /// Whether learning was rewound and has read nothing since: the last check was of the source that was read before.
  private var isRewound: Bool {
    guard let id = snapshots.current, let manifest = try? context.store.archive.manifest(id) else { return false }
    return manifest.rollback?.mode == .rewind && manifest.position.standsAt(state.position)
  }

  /// The newest snapshot of the present line that was taken before the records that were learned since a check.
  private func newestSnapshot(before checked: [PartitionPosition]) -> UInt64? {
    var next = snapshots.current
    while let id = next, let manifest = try? context.store.archive.manifest(id) {
      let isBefore = checked.allSatisfy { partition in
        guard let known = partition.lastChecked, let last = manifest.position?[partition.partition]?.lastRecord else {
          return true
        }
        return last.offset <= known.offset
      }
      if isBefore { return id }
      next = manifest.parent
    }
    return nil
  }
}
