import EventSources

extension SnapshotStore {
  /// Makes a snapshot the current one by an operator's word, for the next start: in the lineage, which decides, and in
  /// `CURRENT`; on the disk when it returns. What is learned from it is a new line of descent, in an order of its own.
  ///
  /// - Returns: its manifest, and why `CURRENT` could not be written, where it could not: the next start puts it right.
  /// - Throws: `damaged` where it, or a file that it builds on, is not as it was written; nothing changes then.
  public func choose(_ id: UInt64) throws(SnapshotProblem) -> (manifest: Manifest, note: RecoveryNote?) {
    let manifest = try archive.verify(id)
    let note = try exclusively { (log) throws(SnapshotProblem) -> RecoveryNote? in
      let isCurrent = log.lineage.current == id
      try log.append(
        .chosen(
          LineageRecord.Snapshot(manifest), manifest.rollback,
          line: isCurrent ? log.lineage.line : log.lineage.highestLine + 1,
          branch: isCurrent ? nil : JournalMark.drawnName()))
      do throws(SnapshotProblem) {
        try makeCurrent(id)
        return nil
      } catch {
        return .notice("\(error.message); the choice holds all the same, and the next start puts the file right")
      }
    }
    keep(manifest)
    return (manifest, note)
  }
}
