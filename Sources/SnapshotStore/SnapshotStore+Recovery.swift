import DurableFiles
import EventSources

/// The snapshot that learning goes on from after a start.
public struct RecoveredSnapshot: Sendable {
  /// The snapshot, verified.
  public var snapshot: LoadedSnapshot

  /// Where learning goes on in the source: the snapshot's position, moved past the skips it stands in.
  public var position: SourcePosition?

  /// Offsets ahead of the position that must not be learned: what rollbacks with `keep` left behind on the way from the
  /// snapshot to the one that was current. Every later snapshot has to carry those that are still ahead.
  public var skips: [SkippedRange]

  /// The line of the order journal that learning goes on with where no position says it.
  public var journal: JournalMark?

  /// Snapshots that were damaged and set aside, newest first; empty where the current one was whole.
  public var setAside: [UInt64]

  /// What became of the snapshot that was current, where it is another one: found by this start or by an earlier one,
  /// with no snapshot written since.
  public var damage: SnapshotDamage?

  /// What an operator should know, a sentence each.
  public var notes: [RecoveryNote]
}

extension SnapshotStore {
  /// Opens the current snapshot, to start from.
  ///
  /// A damaged one is set aside (its directory becomes `000042.damaged`), one that the disk does not give up (EIO) is
  /// left where it is, and the nearest good ancestor is taken, which becomes the current one. Snapshots that a rollback
  /// abandoned are never taken, nor one without an event learned where others had learned some, and what a rollback with
  /// `keep` skipped stays skipped.
  ///
  /// - Returns: nil where there has never been a snapshot, or the model was begun anew: only then may a fresh one be made.
  /// - Throws: `noGoodSnapshot` where there are snapshots but none that can be started from, and nothing is changed;
  ///   `unsupported` and `file` where one cannot be read for a reason other than damage, and is left where it is.
  public func openCurrent() throws(SnapshotProblem) -> RecoveredSnapshot? {
    let recovered = try exclusively { (log) throws(SnapshotProblem) in try recover(log) }
    if let recovered { keep(recovered.snapshot.manifest) }
    return recovered
  }

  private func recover(_ log: LineageLog) throws(SnapshotProblem) -> RecoveredSnapshot? {
    guard let start = log.lineage.current else {
      guard try archive.names().contains(where: { SnapshotNames.idInside($0) != nil }) else { return nil }
      throw nothingGood("neither CURRENT nor the lineage says which one is current")
    }
    var search = AncestorSearch(start)
    while let id = search.next {
      var manifest: Manifest?
      if archive.contains(id) {
        do throws(SnapshotProblem) {
          manifest = try archive.manifest(id)
          let snapshot = try archive.load(id)
          guard !search.wouldBeginAnew(with: snapshot.manifest) else {
            throw nothingGood(
              "\(search.details.joined(separator: "; ")). The only one that is whole, \(id), has learned nothing: to take "
                + "it would be to begin anew")
          }
          search.skip(inherited: log.lineage.inheritedSkips[id])
          return try finish(snapshot, search, log)
        } catch {
          guard error.kind == .damaged || error.kind == .unreadable else { throw error }
          search.pass(damaged: id, error)
        }
      } else {
        // A crash may have come between setting it aside and taking its ancestor.
        manifest = try? ManifestFile.read(
          archive.path(id) + SnapshotNames.damagedSuffix + "/" + SnapshotNames.manifest)
        search.pass(missing: id, in: archive.directory)
      }
      search.goOn(from: id, manifest, log.lineage)
    }
    throw nothingGood(search.details.joined(separator: "; "))
  }

  private func nothingGood(_ reason: String) -> SnapshotProblem {
    SnapshotProblem(
      .noGoodSnapshot,
      "no snapshot in \(archive.directory) can be started from: \(reason). Choose one that `afmctl snapshots verify` calls "
        + "intact, or one brought back from a backup, with `afmctl snapshots choose ID`; or begin with a fresh model: "
        + "`afmd --fresh` sets what is there aside")
  }

  private func finish(
    _ snapshot: LoadedSnapshot, _ search: AncestorSearch, _ log: LineageLog
  ) throws(SnapshotProblem) -> RecoveredSnapshot {
    let manifest = snapshot.manifest
    let skips = SkippedRanges.moved(search.skips, from: nil, to: manifest.position)
    var notes: [RecoveryNote] = []
    for (id, problem) in search.damaged {
      if problem.kind == .damaged {
        try SnapshotStore.putAside(id, archive)
        notes.append(.damage("\(problem.message); snapshot \(id) was set aside as \(archive.path(id)).damaged"))
      } else {
        notes.append(
          .damage("\(problem.message); snapshot \(id) was left where it is, since it may be read again later"))
      }
    }
    for id in search.missing { notes.append(.damage("snapshot \(id) is not in \(archive.directory)")) }
    // Recorded before `CURRENT` changes: the next start finds what is skipped by nothing else. One that was never current
    // is recorded too, so that its damage stands over restarts.
    let instead = unreadableAtOpening.max() ?? search.start
    if instead != manifest.id {
      try log.append(
        .ancestorTaken(id: manifest.id, insteadOf: instead, skips: search.start == manifest.id ? [] : skips))
      for (id, problem) in search.damaged where problem.kind == .damaged {
        try log.append(.setAside(id: id, ancestor: manifest.id, detail: problem.message))
      }
    }
    let file = archive.path(SnapshotNames.current)
    if try CurrentFile.read(file) != .names(manifest.id) { try makeCurrent(manifest.id) }
    var position = manifest.position
    var ahead = skips + manifest.skips
    if var moved = position {
      ahead = SkippedRanges.apply(ahead, to: &moved)
      position = moved
    }
    var journal = manifest.rollback?.journal
    if let choice = log.lineage.choice {
      if let mark = position?.journal { position?.journal = choice.mark(for: manifest.id, at: mark) }
      if position == nil { journal = choice.mark(for: manifest.id, at: journal ?? .beginning) }
    }
    let damage = damage(taken: manifest, search, log.lineage)
    if let damage { notes.append(.damage(damage.description)) }
    return RecoveredSnapshot(
      snapshot: snapshot, position: position, skips: ahead, journal: journal,
      setAside: search.damaged.filter { $0.problem.kind == .damaged }.map(\.id), damage: damage, notes: notes)
  }

  /// What the taken snapshot stands for, where it is not the one that was current.
  private func damage(taken: Manifest, _ search: AncestorSearch, _ lineage: Lineage) -> SnapshotDamage? {
    func lost(_ events: UInt64?) -> UInt64? {
      events.map { $0 > taken.eventsLearned ? $0 - taken.eventsLearned : 0 }
    }
    if let newest = unreadableAtOpening.max() {
      return SnapshotDamage(
        snapshot: newest, taken: taken.id, events: nil,
        found: unreadableAtOpening.sorted(by: >) + search.damaged.map(\.id), details: search.details)
    }
    guard let instead = lineage.takenInsteadOf else { return nil }
    return SnapshotDamage(
      snapshot: instead, taken: taken.id,
      events: lost(instead == search.start ? search.eventsOfStart : lineage.snapshots[instead]?.eventsLearned),
      found: search.damaged.map(\.id), details: search.details)
  }
}
