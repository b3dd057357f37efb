import DurableFiles

extension SnapshotStore {
  /// Removes what a crash left half written or half deleted.
  static func removeLeftovers(_ archive: SnapshotArchive, _ notes: inout [RecoveryNote]) throws(SnapshotProblem) {
    for name in try archive.names() {
      let isTemporary = name.hasPrefix(SnapshotNames.temporaryPrefix)
      guard isTemporary || name.hasPrefix(SnapshotNames.deletedPrefix) || name == SnapshotNames.current + ".tmp" else {
        continue
      }
      try translating { () throws(FileProblem) in try DirectoryHandle.remove(archive.path(name)) }
      if isTemporary {
        notes.append(.notice("\(archive.path(name)) was left half written by a crash; it was removed"))
      }
    }
  }

  /// Chooses the current snapshot, adds to the lineage the snapshots it does not know, which a crash kept from being
  /// recorded, and puts `CURRENT` right.
  ///
  /// - Returns: the snapshots that became current without a record and cannot be read: newer than what was taken.
  static func reconcile(
    _ archive: SnapshotArchive, _ log: LineageLog, _ notes: inout [RecoveryNote]
  ) throws(SnapshotProblem) -> [UInt64] {
    let file = archive.path(SnapshotNames.current)
    let current = try CurrentFile.read(file)
    var unknown: [Manifest] = []
    var unreadable: [UInt64] = []
    for id in try archive.ids() where !log.lineage.known.contains(id) {
      do throws(SnapshotProblem) {
        unknown.append(try archive.manifest(id))
      } catch {
        notes.append(try leave(id, error, archive))
        if error.kind == .damaged || error.kind == .unreadable { unreadable.append(id) }
      }
    }
    let choice = CurrentChoice(
      log.lineage, isDamaged: log.wasDamaged, current: current, file: file, unknown: unknown,
      isThere: { archive.contains($0) })
    notes += choice.notes

    let ancestors = Set(ancestry(of: choice.id, unknown))
    for manifest in unknown {
      let snapshot = LineageRecord.Snapshot(manifest)
      if choice.committed.contains(where: { $0.id == manifest.id }) {
        try log.append(.current(snapshot, manifest.rollback))
      } else {
        try log.append(.found(snapshot, manifest.rollback))
        guard !ancestors.contains(manifest.id) else { continue }
        notes.append(
          .notice("snapshot \(manifest.id) was whole but never current; it is listed as abandoned"))
      }
    }
    guard let id = choice.id else { return unreadable }
    if log.lineage.current != id {
      if let snapshot = log.lineage.snapshots[id] {
        try log.append(.current(snapshot, log.lineage.rollbacks[id]))
      } else {
        log.moveCurrent(to: id)
      }
    }
    if current != .names(id) {
      do throws(SnapshotProblem) {
        try CurrentFile.write(id, to: file)
      } catch {
        // The lineage decides without it.
        notes.append(.damage("\(file) could not be put right: \(error.message)"))
      }
    }
    return unreadable.filter { $0 > id }
  }

  /// What is done with a snapshot that the lineage does not know and whose manifest cannot be read.
  private static func leave(
    _ id: UInt64, _ problem: SnapshotProblem, _ archive: SnapshotArchive
  ) throws(SnapshotProblem) -> RecoveryNote {
    guard problem.kind == .damaged else { return .damage("\(problem.message); snapshot \(id) was left where it is") }
    try putAside(id, archive)
    return .damage("\(problem.message); snapshot \(id) was set aside as \(archive.path(id)).damaged")
  }

  /// Renames the directory of a damaged snapshot.
  static func putAside(_ id: UInt64, _ archive: SnapshotArchive) throws(SnapshotProblem) {
    try translating { () throws(FileProblem) in
      let target = archive.path(id) + SnapshotNames.damagedSuffix
      try DirectoryHandle.remove(target)
      try DirectoryHandle.rename(archive.path(id), to: target)
      try DirectoryHandle.sync(archive.directory)
    }
  }

  private static func ancestry(of id: UInt64?, _ manifests: [Manifest]) -> [UInt64] {
    let parents = Dictionary(manifests.map { ($0.id, $0.parent) }, uniquingKeysWith: { first, _ in first })
    var path: [UInt64] = []
    var next = id
    while let id = next, parents[id] != nil, !path.contains(id) {
      path.append(id)
      next = parents[id] ?? nil
    }
    return path
  }
}

extension LineageRecord {
  /// That a snapshot, or the rollback that made it, became current.
  static func current(_ snapshot: Snapshot, _ rollback: Manifest.Rollback?) -> LineageRecord {
    rollback.map { .rollback(snapshot, $0) } ?? .snapshot(snapshot)
  }
}
