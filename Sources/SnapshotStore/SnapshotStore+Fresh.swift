import DurableFiles

extension SnapshotStore {
  /// Sets all snapshots aside, so that the next model is a fresh one: into a directory beside `snapshots`, with a copy of
  /// the lineage and of `CURRENT`, which is a state directory in its own right. Numbers go on where they were, learning
  /// runs, and the lineage records it.
  ///
  /// That record decides: whatever a crash after it leaves unmoved, the next opening moves.
  ///
  /// - Parameter beside: the names of what else in the state directory belongs to the old model, such as its journal.
  /// - Returns: the directory that holds it all now; nil where there was nothing to set aside.
  public func beginAnew(with beside: [String]) throws(SnapshotProblem) -> String? {
    let state = DirectoryHandle.parent(of: archive.directory)
    let path = try exclusively { (log) throws(SnapshotProblem) -> String? in
      let present = try SnapshotStore.movable(archive)
      let isBeside = beside.contains { DirectoryHandle.exists(state + "/" + $0) }
      guard isBeside || !present.isEmpty || log.lineage.current != nil else { return nil }
      let name = SnapshotStore.unusedName(in: state, log.lineage.highestID)
      let partial = state + "/" + name + SetAside.partialSuffix
      try translating { () throws(FileProblem) in
        try DirectoryHandle.remove(partial)
        try DirectoryHandle.create(partial + "/snapshots")
      }
      for file in [SnapshotNames.lineage, SnapshotNames.current] where DirectoryHandle.exists(archive.path(file)) {
        // A copy for people; what cannot be read is not worth failing for.
        guard let bytes = try? OpenFile.contents(of: archive.path(file), limit: 1 << 30) else { continue }
        try translating { () throws(FileProblem) in
          try AtomicFile.replace(at: partial + "/snapshots/" + file, with: bytes)
        }
      }
      try log.append(.begunAnew(SetAside(name: name, beside: beside), line: log.lineage.highestLine + 1))
      try SnapshotStore.finishSettingAside(archive, log)
      return state + "/" + name
    }
    return path
  }

  /// Moves what a crash kept from being moved when the model was begun anew.
  static func finishSettingAside(_ archive: SnapshotArchive, _ log: LineageLog) throws(SnapshotProblem) {
    let state = DirectoryHandle.parent(of: archive.directory)
    guard let setAside = log.lineage.setAside, setAside.isPlain else { return }
    let target = state + "/" + setAside.name
    let partial = target + SetAside.partialSuffix
    guard DirectoryHandle.exists(partial) else { return }
    let names = try movable(archive)
    try translating { () throws(FileProblem) in
      try DirectoryHandle.create(partial + "/snapshots")
      for name in names where name != SnapshotNames.current {
        try DirectoryHandle.rename(archive.path(name), to: partial + "/snapshots/" + name)
      }
      try DirectoryHandle.remove(archive.path(SnapshotNames.current))
      for name in setAside.beside where DirectoryHandle.exists(state + "/" + name) {
        try DirectoryHandle.rename(state + "/" + name, to: partial + "/" + name)
      }
      try DirectoryHandle.sync(partial + "/snapshots")
      try DirectoryHandle.sync(partial)
      try DirectoryHandle.sync(archive.directory)
      try DirectoryHandle.rename(partial, to: target)
      try DirectoryHandle.sync(state)
    }
  }

  /// Everything in `snapshots` but the lineage.
  private static func movable(_ archive: SnapshotArchive) throws(SnapshotProblem) -> [String] {
    try archive.names().filter { $0 != SnapshotNames.lineage }
  }

  private static func unusedName(in state: String, _ highestID: UInt64) -> String {
    let name = SetAside.prefix + SnapshotNames.directory(highestID)
    var candidate = name
    var number = 2
    while DirectoryHandle.exists(state + "/" + candidate) {
      candidate = "\(name)-\(number)"
      number += 1
    }
    return candidate
  }
}

/// Where the snapshots are that were set aside when the model was begun anew.
public struct SetAside: Codable, Equatable, Sendable {
  /// The directory's name, beside `snapshots`.
  public var name: String
  /// What else was moved there: names of files and directories beside `snapshots`.
  public var beside: [String]

  static let prefix = "set-aside-"
  static let partialSuffix = ".partial"

  /// Whether all names are of this directory: a record is no reason to move anything from elsewhere.
  var isPlain: Bool {
    name.hasPrefix(SetAside.prefix) && ([name] + beside).allSatisfy { !$0.isEmpty && !$0.contains("/") && $0 != ".." }
  }
}
