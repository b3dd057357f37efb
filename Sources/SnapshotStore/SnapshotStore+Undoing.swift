import DurableFiles

/// What a failed commit did is undone before the failure is told: what was told to have failed must not have happened
/// after a restart, and what nobody will ever read must not fill the disk.
extension SnapshotStore {
  /// Runs a step of making a snapshot current and, where it fails, makes `CURRENT` name the snapshot before and removes
  /// the new one. Call it inside `exclusively`.
  ///
  /// - Parameters:
  ///   - id: the snapshot that is being made current.
  ///   - current: the one before; nil for none.
  ///   - isNamed: whether `CURRENT` may name the new one by then.
  ///   - body: the step.
  func undoing(
    _ id: UInt64, to current: UInt64?, isNamed: Bool = true, _ body: () throws(SnapshotProblem) -> Void
  ) throws(SnapshotProblem) {
    do throws(SnapshotProblem) {
      try body()
    } catch {
      // Nothing at the path is this store's to change.
      guard checkPlace() else { throw error }
      do throws(SnapshotProblem) {
        try undo(id, to: current, isNamed: isNamed)
      } catch let remaining {
        _ = remains.withLock { $0.insert(SnapshotNames.directory(id)) }
        throw SnapshotProblem(
          error.kind,
          "\(error.message). Nor could it be undone (\(remaining.message)): snapshot \(id) is still there, and a restart "
            + "may go on from it unless another snapshot succeeds before")
      }
      throw error
    }
  }

  private func undo(_ id: UInt64, to current: UInt64?, isNamed: Bool) throws(SnapshotProblem) {
    if isNamed {
      if let current {
        try makeCurrent(current)
      } else {
        try translating { () throws(FileProblem) in
          try DirectoryHandle.remove(archive.path(SnapshotNames.current))
          try DirectoryHandle.sync(archive.directory)
        }
      }
    }
    try delete(SnapshotNames.directory(id))
  }

  /// Removes what a snapshot that failed left under a temporary name; now, or before the next is begun.
  func discard(_ name: String) {
    if checkPlace(), (try? DirectoryHandle.remove(archive.path(name))) != nil { return }
    _ = remains.withLock { $0.insert(name) }
  }

  /// Removes what could not be removed when a snapshot failed, so that however often one fails no more than one is left.
  func removeRemains() throws(SnapshotProblem) {
    let names = remains.withLock { $0 }
    if names.isEmpty { return }
    try exclusively { (log) throws(SnapshotProblem) in
      for name in names {
        if let id = SnapshotNames.id(name) {
          try undo(id, to: log.lineage.current, isNamed: true)
        } else {
          try translating { () throws(FileProblem) in try DirectoryHandle.remove(archive.path(name)) }
        }
        _ = remains.withLock { $0.remove(name) }
      }
    }
  }
}
