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

  /// Snapshots that were damaged and set aside, newest first; empty where `CURRENT` was whole.
  public var setAside: [UInt64]

  /// What an operator should know, a sentence each.
  public var notes: [String]
}

extension SnapshotStore {
  /// Opens the snapshot to start from: the one that `CURRENT` names or, where that is missing, that the lineage does.
  ///
  /// A damaged one is set aside (its directory becomes `000042.damaged`) and its nearest good ancestor is taken, which
  /// becomes the current one. Snapshots that a rollback abandoned are never taken, and what one with `keep` skipped
  /// stays skipped.
  ///
  /// - Returns: nil where there has never been a snapshot: only then may a fresh model be made.
  /// - Throws: `noGoodSnapshot` where there are snapshots but none that can be started from; `unsupported` and `file`
  ///   where one cannot be read for a reason other than damage, and is left where it is.
  public func openCurrent() throws(SnapshotProblem) -> RecoveredSnapshot? {
    let recovered = try exclusively { (log) throws(SnapshotProblem) in try recover(log) }
    if let recovered { keep(recovered.snapshot.manifest) }
    return recovered
  }

  private func recover(_ log: LineageLog) throws(SnapshotProblem) -> RecoveredSnapshot? {
    var notes: [String] = []
    guard let start = try startingPoint(log.lineage, &notes) else { return nil }
    var setAside: [UInt64] = []
    var skips: [SkippedRange] = []
    var details: [String] = []
    var visited: Set<UInt64> = []
    var next: UInt64? = start
    var isRewound = false
    while let id = next, visited.insert(id).inserted {
      var manifest: Manifest?
      if archive.contains(id) {
        do throws(SnapshotProblem) {
          manifest = try archive.manifest(id)
          let snapshot = try archive.load(id)
          if !isRewound { skips += log.lineage.inheritedSkips[id] ?? [] }
          return try finish(snapshot, instead: setAside, of: start, skips, details, notes, log)
        } catch {
          guard error.kind == .damaged else { throw error }
          try putAside(id)
          setAside.append(id)
          details.append(error.message)
          notes.append("\(error.message); snapshot \(id) was set aside as \(archive.path(id)).damaged")
        }
      } else {
        notes.append("snapshot \(id) is not in \(archive.directory)")
        // A crash may have come between setting it aside and taking its ancestor.
        manifest = try? ManifestFile.read(
          archive.path(id) + SnapshotNames.damagedSuffix + "/" + SnapshotNames.manifest)
      }
      let rollback = manifest?.rollback ?? log.lineage.rollbacks[id]
      skips += rollback?.skipped ?? []
      skips += manifest?.skips ?? []
      if !isRewound { skips += log.lineage.inheritedSkips[id] ?? [] }
      // An operator who rewound to the parent wanted everything after it learned again.
      isRewound = rollback?.mode == .rewind
      next = manifest.map(\.parent) ?? log.lineage.snapshots[id]?.parent
    }
    throw SnapshotProblem(
      .noGoodSnapshot,
      "no snapshot in \(archive.directory) can be started from: \(notes.joined(separator: "; ")). Bring one back from a "
        + "backup and write its number into \(archive.path(SnapshotNames.current)), or move the directory away to begin "
        + "with a fresh model")
  }

  /// The snapshot to begin with; nil where there has never been one.
  private func startingPoint(_ lineage: Lineage, _ notes: inout [String]) throws(SnapshotProblem) -> UInt64? {
    if let current = try archive.currentID() { return current }
    let file = archive.path(SnapshotNames.current)
    if let current = lineage.current {
      notes.append("\(file) is missing or unreadable; snapshot \(current), which the lineage names, was taken")
      return current
    }
    let hasSnapshots = try archive.names().contains { SnapshotNames.idInside($0) != nil }
    guard hasSnapshots || DirectoryHandle.exists(file) else { return nil }
    if let first = try unfinishedFirst() {
      notes.append("snapshot \(first) is the first and was about to become current; it was taken")
      return first
    }
    throw SnapshotProblem(
      .noGoodSnapshot,
      "there are snapshots in \(archive.directory), but neither \(file) nor the lineage says which one is current; "
        + "choose one with `afmctl snapshots list` and write its number, six digits, into \(file)")
  }

  /// The newest snapshot, where a crash came before the first one ever was current: nothing else could be started from,
  /// and what it holds is whole. Nil where any of those there descends from another, or cannot be read: then more was
  /// lost than the last step of making one.
  private func unfinishedFirst() throws(SnapshotProblem) -> UInt64? {
    if DirectoryHandle.exists(archive.path(SnapshotNames.current)) { return nil }
    for name in try archive.names() {
      guard let id = SnapshotNames.idInside(name) else { continue }
      guard SnapshotNames.id(name) == id, let manifest = try? archive.manifest(id), manifest.parent == nil else {
        return nil
      }
    }
    return try archive.ids().max()
  }

  private func putAside(_ id: UInt64) throws(SnapshotProblem) {
    try translating { () throws(FileProblem) in
      let target = archive.path(id) + SnapshotNames.damagedSuffix
      try DirectoryHandle.remove(target)
      try DirectoryHandle.rename(archive.path(id), to: target)
      try DirectoryHandle.sync(archive.directory)
    }
  }

  private func finish(
    _ snapshot: LoadedSnapshot, instead setAside: [UInt64], of start: UInt64, _ skips: [SkippedRange],
    _ details: [String], _ notes: [String], _ log: LineageLog
  ) throws(SnapshotProblem) -> RecoveredSnapshot {
    let manifest = snapshot.manifest
    // Recorded before `CURRENT` changes: the next start finds what is skipped by nothing else.
    if start != manifest.id {
      if !skips.isEmpty {
        try log.append(.ancestorTaken(id: manifest.id, insteadOf: start, skips: skips))
      }
      for (id, detail) in zip(setAside, details) {
        try log.append(.setAside(id: id, ancestor: manifest.id, detail: detail))
      }
    }
    if try archive.currentID() != manifest.id { try makeCurrent(manifest.id) }
    if log.lineage.current == nil { try log.append(.snapshot(LineageRecord.Snapshot(manifest))) }
    log.moveCurrent(to: manifest.id)
    var position = manifest.position
    var ahead = skips + manifest.skips
    if var moved = position {
      ahead = SkippedRanges.apply(ahead, to: &moved)
      position = moved
    }
    var notes = notes
    if start != manifest.id { notes.append("learning goes on from snapshot \(manifest.id)") }
    return RecoveredSnapshot(snapshot: snapshot, position: position, skips: ahead, setAside: setAside, notes: notes)
  }
}
