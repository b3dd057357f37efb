extension SnapshotStore {
  /// Makes a snapshot the current one by an operator's word, for the next start: in the lineage and in `CURRENT`, both
  /// on the disk when it returns. What is learned from it is a new line of descent.
  ///
  /// - Returns: its manifest.
  /// - Throws: `damaged` where it, or a file that it builds on, is not as it was written; nothing changes then.
  public func choose(_ id: UInt64) throws(SnapshotProblem) -> Manifest {
    let manifest = try archive.verify(id)
    try exclusively { (log) throws(SnapshotProblem) in
      let lineage = log.lineage
      let line = lineage.current == id ? lineage.line : lineage.highestLine + 1
      try log.append(.chosen(LineageRecord.Snapshot(manifest), manifest.rollback, line: line))
      try makeCurrent(id)
    }
    keep(manifest)
    return manifest
  }
}
