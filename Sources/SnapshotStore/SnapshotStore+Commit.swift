import DurableFiles

/// The steps of making a snapshot, in order; after each the disk holds either the old state or the new.
enum SnapshotStep: CaseIterable, Sendable {
  /// The temporary directory is there, the file has its header and its dense tensors.
  case begun
  /// All rows are written.
  case rowsWritten
  /// The model's file is on the disk and its checksum is known.
  case modelSynced
  /// The manifest is on the disk.
  case manifestWritten
  /// The directory has its final name.
  case renamed
  /// `CURRENT` names it.
  case currentReplaced
  /// The lineage records it.
  case recorded
}

extension SnapshotStore {
  /// Writes a manifest into a snapshot's temporary directory (made here for a rollback) and makes the snapshot current.
  func commit(_ manifest: Manifest, replacing current: UInt64?) throws(SnapshotProblem) -> Manifest {
    var manifest = manifest
    let bytes = try ManifestFile.bytes(of: &manifest)
    let name = SnapshotNames.directory(manifest.id)
    let temporary = archive.path(SnapshotNames.temporaryPrefix + name)
    try translating { () throws(FileProblem) in
      try DirectoryHandle.create(temporary)
      let file = try OpenFile(temporary + "/" + SnapshotNames.manifest, .replace)
      try file.write(bytes, at: 0)
      try file.sync()
      try file.compare(bytes)
      try DirectoryHandle.sync(temporary)
    }
    try reached(.manifestWritten)
    let written = try exclusively { (log) throws(SnapshotProblem) in
      guard log.lineage.current == current else {
        throw SnapshotProblem(
          .superseded, "another snapshot became current while snapshot \(manifest.id) was written; it was not kept")
      }
      try translating { () throws(FileProblem) in
        try DirectoryHandle.rename(temporary, to: archive.path(name))
        try DirectoryHandle.sync(archive.directory)
      }
      try reached(.renamed)
      try orGoingBack(from: manifest.id, to: current) { () throws(SnapshotProblem) in try makeCurrent(manifest.id) }
      try reached(.currentReplaced)
      let snapshot = LineageRecord.Snapshot(manifest)
      let record = manifest.rollback.map { .rollback(snapshot, $0) } ?? LineageRecord.snapshot(snapshot)
      try orGoingBack(from: manifest.id, to: current) { () throws(SnapshotProblem) in try log.append(record) }
      try reached(.recorded)
      return manifest
    }
    keep(written)
    return written
  }

  /// Where `body` fails, makes `CURRENT` what it was and removes the snapshot, as far as the disk allows: what was told to
  /// have failed must not have happened after a restart.
  private func orGoingBack(
    from id: UInt64, to current: UInt64?, _ body: () throws(SnapshotProblem) -> Void
  ) throws(SnapshotProblem) {
    do throws(SnapshotProblem) {
      try body()
    } catch {
      if let current {
        try? makeCurrent(current)
      } else {
        try? DirectoryHandle.remove(archive.path(SnapshotNames.current))
      }
      try? DirectoryHandle.remove(archive.path(id))
      throw error
    }
  }

  /// Writes `CURRENT`. Call it inside `exclusively`.
  func makeCurrent(_ id: UInt64) throws(SnapshotProblem) {
    try CurrentFile.write(id, to: archive.path(SnapshotNames.current))
  }
}
