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
  /// refers to. Where several are to be kept, or the current one is a chain, the newest of its ancestors that shares no
  /// file with it stays too: one damaged file must not leave nothing to start from. Damaged ones that were set aside go
  /// once they are older than all that are kept.
  ///
  /// Each is renamed before its files are removed, so that a crash leaves a whole snapshot or none.
  ///
  /// - Parameter count: how many to keep, at least 1.
  public func retain(last count: Int) throws(SnapshotProblem) -> RetentionReport {
    let lineage = lineage
    try requirePlace()
    return try changingDirectory { () throws(SnapshotProblem) in
      let listings = try archive.list(lineage, current: lineage.current)
      let present = listings.filter { !$0.isSetAside }
      var kept = Set(present.suffix(max(1, count)).map(\.id))
      kept.formUnion(present.filter { !$0.isAbandoned }.suffix(max(1, count)).map(\.id))
      kept.formUnion(present.filter { $0.isPinned || $0.isCurrent }.map(\.id))
      if let current = present.first(where: \.isCurrent), count > 1 || current.manifest?.files.count ?? 0 > 1,
        let other = independent(of: current, in: present)
      {
        kept.insert(other)
      }
      for listing in present where kept.contains(listing.id) { kept.formUnion(owners(of: listing)) }
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

  /// The newest ancestor that shares no file with the current snapshot.
  private func independent(of current: SnapshotListing, in present: [SnapshotListing]) -> UInt64? {
    let files = owners(of: current)
    return present.last { $0.manifest != nil && !$0.isAbandoned && files.isDisjoint(with: owners(of: $0)) }?.id
  }

  /// The snapshots whose directories hold the files of one, itself among them where it has any.
  private func owners(of listing: SnapshotListing) -> Set<UInt64> {
    Set((listing.manifest?.files ?? []).map { archive.owner(of: $0, in: listing.id) ?? listing.id })
  }

  /// Deletes a directory of snapshots; nothing there is no problem.
  func delete(_ name: String) throws(SnapshotProblem) {
    let doomed = archive.path(SnapshotNames.deletedPrefix + name)
    try translating { () throws(FileProblem) in
      try DirectoryHandle.remove(doomed)
      if DirectoryHandle.exists(archive.path(name)) { try DirectoryHandle.rename(archive.path(name), to: doomed) }
      try DirectoryHandle.sync(archive.directory)
      try DirectoryHandle.remove(doomed)
    }
  }
}
