import DurableFiles

extension SnapshotStore {
  /// Removes what a crash left half written or half deleted.
  static func removeLeftovers(_ archive: SnapshotArchive, _ notes: inout [String]) throws(SnapshotProblem) {
    for name in try archive.names() {
      let isTemporary = name.hasPrefix(SnapshotNames.temporaryPrefix)
      guard isTemporary || name.hasPrefix(SnapshotNames.deletedPrefix) || name == SnapshotNames.current + ".tmp" else {
        continue
      }
      try translating { () throws(FileProblem) in try DirectoryHandle.remove(archive.path(name)) }
      if isTemporary { notes.append("\(archive.path(name)) was left half written by a crash; it was removed") }
    }
  }

  /// Adds to the lineage the snapshots it does not know, which a crash kept from being recorded, and takes `CURRENT`'s
  /// word for which one is live.
  static func reconcile(
    _ archive: SnapshotArchive, _ log: LineageLog, _ notes: inout [String]
  ) throws(SnapshotProblem) {
    let current = try archive.currentID()
    for id in try archive.ids() where log.lineage.snapshots[id] == nil {
      guard let manifest = try? archive.manifest(id) else { continue }
      let snapshot = LineageRecord.Snapshot(manifest)
      if id != current {
        try log.append(.found(snapshot, manifest.rollback))
        notes.append("snapshot \(id) was whole but not yet current when the daemon stopped; it is listed as abandoned")
      } else if let rollback = manifest.rollback {
        try log.append(.rollback(snapshot, rollback))
      } else {
        try log.append(.snapshot(snapshot))
      }
    }
    if let current { log.moveCurrent(to: current) }
  }
}
