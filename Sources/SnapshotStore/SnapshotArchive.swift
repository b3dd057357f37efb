import DurableFiles

/// The snapshots of one model, for reading: works without a daemon, and beside one that is writing. Nothing is cached,
/// so every answer is that of the directory at the time; a copy may be used from any thread.
///
/// Everything here waits on the disk: never call it from an event loop.
public struct SnapshotArchive: Sendable {
  /// `STATE/snapshots`.
  public let directory: String

  /// `STATE/journal`, the order journal where one is kept.
  let journal: String

  /// Names the snapshots of a state directory; nothing is opened yet.
  public init(stateDirectory: String) {
    directory = stateDirectory + "/snapshots"
    journal = stateDirectory + "/journal"
  }

  /// The numbers of all snapshots that are there, rising; those set aside are not among them.
  public func ids() throws(SnapshotProblem) -> [UInt64] {
    try names().compactMap { SnapshotNames.id($0) }.sorted()
  }

  /// The current snapshot's number: that in `CURRENT` where its checksum is right, else the lineage's. Nil where neither
  /// says which.
  public func currentID() throws(SnapshotProblem) -> UInt64? {
    let file = try CurrentFile.read(path(SnapshotNames.current))
    if case .names(let id) = file { return id }
    return try lineage().current ?? file.id
  }

  /// The manifest of a snapshot, checked against its own checksum.
  public func manifest(_ id: UInt64) throws(SnapshotProblem) -> Manifest {
    guard contains(id) else { throw unknown(id) }
    let manifest = try ManifestFile.read(path(id) + "/" + SnapshotNames.manifest)
    guard manifest.id == id else {
      throw SnapshotProblem(.damaged, "\(path(id)) holds the manifest of snapshot \(manifest.id)")
    }
    return manifest
  }

  /// Opens a snapshot for restoring a model.
  ///
  /// - Parameters:
  ///   - id: the snapshot's number.
  ///   - verifying: whether the checksums of all its files, also those of the snapshots that it builds on, are compared
  ///     first (one pass over them).
  public func load(_ id: UInt64, verifying: Bool = true) throws(SnapshotProblem) -> LoadedSnapshot {
    let manifest = try manifest(id)
    if verifying {
      var known: [String: String] = [:]
      try check(manifest, knowing: &known)
    }
    var files: [SafetensorsFile] = []
    for file in manifest.modelFiles { files.append(try SafetensorsFile(path(of: file, in: id))) }
    return try LoadedSnapshot(manifest: manifest, files: files)
  }

  /// Compares everything of a snapshot with its checksums, and its files with the format.
  ///
  /// - Throws: what is wrong.
  public func verify(_ id: UInt64) throws(SnapshotProblem) -> Manifest {
    var known: [String: String] = [:]
    return try verify(id, knowing: &known)
  }

  /// The same for one of several snapshots, which may have files in common.
  ///
  /// - Parameters:
  ///   - id: the snapshot's number.
  ///   - known: the checksums of the files that were read before, by path; those that are read now are added.
  public func verify(_ id: UInt64, knowing known: inout [String: String]) throws(SnapshotProblem) -> Manifest {
    try check(try manifest(id), knowing: &known)
    return try load(id, verifying: false).manifest
  }

  /// Compares `CURRENT` and the lineage with their checksums.
  ///
  /// - Returns: what is wrong, a sentence each. A record that is being written beside is no damage.
  public func verifyFilesBeside() throws(SnapshotProblem) -> [String] {
    var problems: [String] = []
    let file = path(SnapshotNames.current)
    if try CurrentFile.read(file) == .damaged {
      problems.append("\(file) is damaged: it names no snapshot for certain")
    }
    if let damage = try LineageLog.read(path(SnapshotNames.lineage)).damage {
      problems.append("\(path(SnapshotNames.lineage)) is damaged: \(damage)")
    }
    return problems
  }

  /// What the lineage's records come to, as far as they can be read.
  public func lineage() throws(SnapshotProblem) -> Lineage {
    try history().reduce(into: Lineage()) { $0.apply($1.record) }
  }

  /// Every record of the lineage that can be read, oldest first.
  public func history() throws(SnapshotProblem) -> [LineageEntry] {
    try LineageLog.read(path(SnapshotNames.lineage)).entries
  }

  /// Whether a snapshot is there.
  public func contains(_ id: UInt64) -> Bool {
    DirectoryHandle.exists(path(id))
  }

  /// Whether retention leaves a snapshot alone.
  public func isPinned(_ id: UInt64) -> Bool {
    DirectoryHandle.exists(path(id) + "/" + SnapshotNames.pinned)
  }

  func path(_ name: String) -> String {
    directory + "/" + name
  }

  func path(_ id: UInt64) -> String {
    path(SnapshotNames.directory(id))
  }

  func names() throws(SnapshotProblem) -> [String] {
    guard DirectoryHandle.exists(directory) else { return [] }
    return try translating { () throws(FileProblem) in try DirectoryHandle.names(in: directory) }
  }

  func unknown(_ id: UInt64) -> SnapshotProblem {
    SnapshotProblem(.unknownSnapshot, "there is no snapshot \(id) in \(directory)")
  }

  /// Where a file of a model is that the manifest of a snapshot names: in its own directory, or in another snapshot's,
  /// nowhere else.
  func path(of file: Manifest.File, in id: UInt64) -> String {
    path(owner(of: file, in: id) ?? id) + "/" + SnapshotNames.model
  }

  /// The snapshot whose directory holds a file that a manifest refers to elsewhere.
  func owner(of file: Manifest.File, in id: UInt64) -> UInt64? {
    let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "..", parts[2] == file.name else { return nil }
    return SnapshotNames.id(parts[1])
  }

  /// The files of a manifest, with the paths by which another snapshot's manifest refers to them.
  func filesSeenFromBeside(_ manifest: Manifest) -> [Manifest.File] {
    manifest.files.map { file in
      var file = file
      let owner = owner(of: file, in: manifest.id) ?? manifest.id
      file.path = "../\(SnapshotNames.directory(owner))/\(file.name)"
      return file
    }
  }

  private func check(_ manifest: Manifest, knowing known: inout [String: String]) throws(SnapshotProblem) {
    try checkSizes(manifest)
    for file in manifest.modelFiles {
      let path = path(of: file, in: manifest.id)
      let checksum =
        if let checksum = known[path] { checksum } else {
          try translating { () throws(FileProblem) in try Checksum.xxh3Hex128(ofFile: path) }
        }
      known[path] = checksum
      guard checksum == file.checksum else {
        throw SnapshotProblem(
          .damaged, "\(path) is damaged: its checksum is \(checksum) instead of \(file.checksum)")
      }
    }
  }

  /// Makes sure that the files of a snapshot are there and have their lengths.
  func checkSizes(_ manifest: Manifest) throws(SnapshotProblem) {
    guard !manifest.modelFiles.isEmpty else {
      throw SnapshotProblem(.damaged, "the manifest of snapshot \(manifest.id) names no model")
    }
    for file in manifest.modelFiles {
      let path = path(of: file, in: manifest.id)
      let size = try translating { () throws(FileProblem) in try OpenFile(path, .read).size() }
      guard size == file.size else {
        throw SnapshotProblem(.damaged, "\(path) is damaged: it has \(size) bytes instead of \(file.size)")
      }
    }
  }
}
