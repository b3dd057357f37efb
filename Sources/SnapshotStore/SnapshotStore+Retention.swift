import DurableFiles

/// What retention did.
public struct RetentionReport: Equatable, Sendable {
  /// The snapshots that were deleted, oldest first.
  public var deleted: [UInt64]
  /// The oldest one that is still there; the order journal is needed from it on.
  public var oldest: UInt64?
}

extension SnapshotStore {
  /// Deletes the snapshots that are not to be kept. Kept are the newest `count` of all, the newest `count` of those
  /// that the current one descends from, pinned ones, the current one, and every snapshot whose files a kept manifest
  /// refers to. Damaged ones that were set aside go once they are older than all that are kept.
  ///
  /// Each is renamed before its files are removed, so that a crash leaves a whole snapshot or none.
  ///
  /// - Parameter count: how many to keep, at least 1.
  public func retain(last count: Int) throws(SnapshotProblem) -> RetentionReport {
    try exclusively { (log) throws(SnapshotProblem) in
      let listings = try archive.list()
      let present = listings.filter { !$0.isSetAside }
      var kept = Set(present.suffix(max(1, count)).map(\.id))
      kept.formUnion(present.filter { !$0.isAbandoned }.suffix(max(1, count)).map(\.id))
      kept.formUnion(present.filter { $0.isPinned || $0.isCurrent }.map(\.id))
      for listing in present where kept.contains(listing.id) {
        for file in listing.manifest?.files ?? [] {
          if let owner = archive.owner(of: file, in: listing.id) { kept.insert(owner) }
        }
      }
      var deleted: [UInt64] = []
      for listing in present where !kept.contains(listing.id) {
        try delete(SnapshotNames.directory(listing.id))
        deleted.append(listing.id)
      }
      let oldest = kept.min()
      for listing in listings where listing.isSetAside && listing.id < oldest ?? 0 {
        try delete(SnapshotNames.directory(listing.id) + SnapshotNames.damagedSuffix)
      }
      return RetentionReport(deleted: deleted, oldest: oldest)
    }
  }

  private func delete(_ name: String) throws(SnapshotProblem) {
    let doomed = archive.path(SnapshotNames.deletedPrefix + name)
    try translating { () throws(FileProblem) in
      try DirectoryHandle.remove(doomed)
      try DirectoryHandle.rename(archive.path(name), to: doomed)
      try DirectoryHandle.sync(archive.directory)
      try DirectoryHandle.remove(doomed)
    }
  }
}
