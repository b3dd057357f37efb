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
    try requirePlace()
    try translating { () throws(FileProblem) in
      try DirectoryHandle.create(temporary)
      let file = try OpenFile(temporary + "/" + SnapshotNames.manifest, .replace)
      try file.write(bytes, at: 0)
      try file.sync()
      try file.compare(bytes)
      try DirectoryHandle.sync(temporary)
    }
    try reached(.manifestWritten)
    let id = manifest.id
    let written = try exclusively { (log) throws(SnapshotProblem) in
      guard log.lineage.current == current else {
        throw SnapshotProblem(
          .superseded, "another snapshot became current while snapshot \(manifest.id) was written; it was not kept")
      }
      try requirePlace()
      try undoing(id, to: current, isNamed: false) { () throws(SnapshotProblem) in
        try translating { () throws(FileProblem) in
          try DirectoryHandle.rename(temporary, to: archive.path(name))
          try DirectoryHandle.sync(archive.directory)
        }
      }
      try reached(.renamed)
      try undoing(id, to: current) { () throws(SnapshotProblem) in try makeCurrent(id) }
      try reached(.currentReplaced)
      let record = LineageRecord.current(LineageRecord.Snapshot(manifest), manifest.rollback)
      try undoing(id, to: current) { () throws(SnapshotProblem) in try log.append(record) }
      try reached(.recorded)
      keep(manifest)
      return manifest
    }
    try requirePlaceAfterChange()
    return written
  }

  /// Writes `CURRENT`. Call it inside `exclusively`.
  func makeCurrent(_ id: UInt64) throws(SnapshotProblem) {
    try CurrentFile.write(id, to: archive.path(SnapshotNames.current))
  }
}
