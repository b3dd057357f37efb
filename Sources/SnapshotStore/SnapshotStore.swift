import DurableFiles
import EventSources
import Threads

/// The snapshots of one model, for writing: holds the lock of the state directory, gives out numbers, makes snapshots
/// current, keeps the lineage.
///
/// May be used from any thread but an event loop's: every method waits on the disk.
public final class SnapshotStore: Sendable {
  /// The same snapshots, for reading.
  public let archive: SnapshotArchive

  /// What opening found that an operator should know, a sentence each: leftovers removed, damage, records added.
  public let notes: [RecoveryNote]

  /// Snapshots newer than the current one that opening found, in no record of the lineage and unreadable.
  let unreadableAtOpening: [UInt64]

  /// Called after each step of making a snapshot; a test that throws from it simulates a crash there.
  let failpoint: (@Sendable (SnapshotStep) throws(SnapshotProblem) -> Void)?

  private let lock: FileLock

  /// Unlike other locks of the house this one is held across writes and syncs: they must not overlap, and no thread
  /// that answers requests ever takes it.
  private let guarded: Lock<Guarded>

  /// `@unchecked Sendable`: the log in it is made in `init` and from then on reached only inside `guarded`'s lock.
  private struct Guarded: @unchecked Sendable {
    var log: LineageLog
    var nextID: UInt64
    var manifest: Manifest?
  }

  /// Opens the snapshots of a state directory, or makes it: takes its lock, removes what a crash left half written,
  /// reads the lineage and adds what it lacks.
  ///
  /// - Throws: `locked` where another process uses the directory, `file` where it cannot be written.
  public convenience init(stateDirectory: String) throws(SnapshotProblem) {
    try self.init(stateDirectory: stateDirectory, failpoint: nil)
  }

  init(
    stateDirectory: String, failpoint: (@Sendable (SnapshotStep) throws(SnapshotProblem) -> Void)?
  ) throws(SnapshotProblem) {
    let archive = SnapshotArchive(stateDirectory: stateDirectory)
    self.archive = archive
    self.failpoint = failpoint
    do throws(FileProblem) {
      try DirectoryHandle.create(archive.directory)
      lock = try FileLock(stateDirectory + "/LOCK")
    } catch {
      // A parent that is missing is no damage: nothing was written yet.
      throw error.kind == .locked ? SnapshotProblem(error) : SnapshotProblem(.file, error.description)
    }
    var notes: [RecoveryNote] = []
    try SnapshotStore.removeLeftovers(archive, &notes)
    let log = try LineageLog(archive.directory) { notes.append($0) }
    try SnapshotStore.finishSettingAside(archive, log)
    unreadableAtOpening = try SnapshotStore.reconcile(archive, log, &notes)
    var highest = log.lineage.highestID
    for name in try archive.names() { highest = max(highest, SnapshotNames.idInside(name) ?? 0) }
    highest = max(highest, try CurrentFile.read(archive.path(SnapshotNames.current)).id ?? 0)
    self.notes = notes
    guarded = Lock(Guarded(log: log, nextID: highest + 1))
  }

  /// What the lineage's records come to.
  public var lineage: Lineage { guarded.withLock { $0.log.lineage } }

  /// The current snapshot's number; nil before the first.
  public var currentID: UInt64? { lineage.current }

  /// Whether the daemon learns, as it was recorded last; `running` where nothing was.
  public var learningState: LearningState { lineage.learning }

  /// Records a change of the state of learning; durable when the call returns. Recording the same again does nothing.
  public func record(learning state: LearningState) throws(SnapshotProblem) {
    try guarded.withLock { (guarded) throws(SnapshotProblem) in
      if guarded.log.lineage.learning != state { try guarded.log.append(.learning(state)) }
    }
  }

  /// Records that learning goes on with another family of arithmetic: what follows is a new line of descent.
  public func recordArithmeticChange(from old: String, to new: String) throws(SnapshotProblem) {
    try guarded.withLock { (guarded) throws(SnapshotProblem) in
      try guarded.log.append(.arithmetic(from: old, to: new, line: guarded.log.lineage.highestLine + 1))
    }
  }

  /// Records that learning goes on with another version of the software.
  public func recordSoftwareChange(from old: String, to new: String) throws(SnapshotProblem) {
    try guarded.withLock { (guarded) throws(SnapshotProblem) in
      try guarded.log.append(.software(from: old, to: new))
    }
  }

  /// Begins a snapshot of a model: its rows follow with `append`, and `finish` makes it durable and current.
  ///
  /// - Parameters:
  ///   - state: the model's state between two events.
  ///   - sections: everything else that the next update or decision depends on, from the same moment.
  ///   - extent: which rows will follow: all of `counters.claimed`, or those that changed, as `extent(of:)` advised.
  /// - Throws: `superseded` where the rows are said to have changed since a snapshot that is not the current one.
  public func begin(
    _ state: ModelState, sections: [SnapshotSection] = [], extent: SnapshotExtent = .full
  ) throws(SnapshotProblem) -> PendingSnapshot {
    let (id, parent) = takeID()
    var base: Manifest?
    if case .changed(_, let since) = extent {
      guard since == parent else {
        throw SnapshotProblem(
          .superseded, "another snapshot became current since snapshot \(since), from which changes are counted")
      }
      base = try manifest(ofCurrent: since)
    }
    return try PendingSnapshot(
      store: self, id: id, parent: parent, base: base, extent: extent, state: state, sections: sections)
  }

  /// Protects a snapshot from retention, or lets go of it; durable when the call returns.
  public func setPin(_ isPinned: Bool, snapshot id: UInt64) throws(SnapshotProblem) {
    guard archive.contains(id) else { throw archive.unknown(id) }
    let path = archive.path(id) + "/" + SnapshotNames.pinned
    try guarded.withLock { (_) throws(SnapshotProblem) in
      try translating { () throws(FileProblem) in
        if isPinned {
          try AtomicFile.replace(at: path, with: [])
        } else {
          try DirectoryHandle.remove(path)
          try DirectoryHandle.sync(archive.path(id))
        }
      }
    }
  }

  /// The manifest of the current snapshot, kept since it was written or read: the learner waits for it.
  func manifest(ofCurrent id: UInt64) throws(SnapshotProblem) -> Manifest {
    if let manifest = guarded.withLock({ $0.manifest }), manifest.id == id { return manifest }
    let manifest = try archive.manifest(id)
    keep(manifest)
    return manifest
  }

  /// Keeps the manifest of the current snapshot.
  func keep(_ manifest: Manifest) {
    guarded.withLock { $0.manifest = manifest }
  }

  func reached(_ step: SnapshotStep) throws(SnapshotProblem) {
    try failpoint?(step)
  }

  /// A number that no snapshot ever had, and the current snapshot's. (One that a crash kept from becoming whole may be
  /// given again after a restart: nothing ever referred to it.)
  func takeID() -> (id: UInt64, current: UInt64?) {
    guarded.withLock { guarded in
      defer { guarded.nextID += 1 }
      return (guarded.nextID, guarded.log.lineage.current)
    }
  }

  /// Runs a change of the directory or the lineage that no other may overlap.
  func exclusively<Result>(
    _ body: (LineageLog) throws(SnapshotProblem) -> Result
  ) throws(SnapshotProblem) -> Result {
    try guarded.withLock { (guarded) throws(SnapshotProblem) in try body(guarded.log) }
  }
}
