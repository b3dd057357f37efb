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

  /// The claim on the state directory, and its `snapshots`, to notice when their paths lead elsewhere.
  private let place: StatePlace

  /// Unlike other locks of the house these two are held across writes and syncs: they must not overlap, and no thread
  /// that answers requests ever takes them. The first is for changes of the directory, the second for the lineage and
  /// taken after it, so that a change of learning's state does not wait for retention.
  private let directory = Lock(())
  private let guarded: Lock<Guarded>

  /// What the learner and status ask for, under a lock that nothing waits under.
  private let face: Lock<Face>

  /// What failed snapshots left and could not be removed at once.
  let remains = Lock<Set<String>>([])

  /// `@unchecked Sendable`: the log in it is made in `init` and from then on reached only inside `guarded`'s lock.
  private struct Guarded: @unchecked Sendable {
    var log: LineageLog
  }

  private struct Face {
    var current: UInt64?
    var learning: LearningState
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
      place = try StatePlace(stateDirectory, snapshots: archive.directory)
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
    if log.isLong {
      do throws(SnapshotProblem) {
        try log.compact(present: try SnapshotStore.present(archive))
      } catch {
        notes.append(.notice(error.message))
      }
    }
    self.notes = notes
    face = Lock(Face(current: log.lineage.current, learning: log.lineage.learning, nextID: highest + 1))
    guarded = Lock(Guarded(log: log))
  }

  /// What the lineage's records come to. Waits for a snapshot that is being made current.
  public var lineage: Lineage { guarded.withLock { $0.log.lineage } }

  /// The current snapshot's number; nil before the first. Never waits.
  public var currentID: UInt64? { face.withLock { $0.current } }

  /// Whether the daemon learns, as it was recorded last; `running` where nothing was. Never waits.
  public var learningState: LearningState { face.withLock { $0.learning } }

  /// The manifest of the current snapshot, where this process wrote or read it. Never waits.
  public var currentManifest: Manifest? {
    face.withLock { face in face.manifest?.id == face.current ? face.manifest : nil }
  }

  /// Records a change of the state of learning; durable when the call returns. Recording the same again does nothing.
  public func record(learning state: LearningState) throws(SnapshotProblem) {
    try recording { (log) throws(SnapshotProblem) in
      if log.lineage.learning != state { try log.append(.learning(state)) }
    }
  }

  /// Records that learning goes on with another family of arithmetic: what follows is a new line of descent.
  public func recordArithmeticChange(from old: String, to new: String) throws(SnapshotProblem) {
    try recording { (log) throws(SnapshotProblem) in
      try log.append(.arithmetic(from: old, to: new, line: log.lineage.highestLine + 1))
    }
  }

  /// Records that learning goes on with another version of the software.
  public func recordSoftwareChange(from old: String, to new: String) throws(SnapshotProblem) {
    try recording { (log) throws(SnapshotProblem) in try log.append(.software(from: old, to: new)) }
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
    try requirePlace()
    try removeRemains()
    let (id, parent) = takeID()
    var base: Manifest?
    if case .changed(_, let since) = extent {
      guard since == parent else {
        throw SnapshotProblem(
          .superseded, "another snapshot became current since snapshot \(since), from which changes are counted")
      }
      base = try manifest(ofCurrent: since)
    }
    do throws(SnapshotProblem) {
      return try PendingSnapshot(
        store: self, id: id, parent: parent, base: base, extent: extent, state: state, sections: sections)
    } catch {
      if failpoint == nil { discard(SnapshotNames.temporaryPrefix + SnapshotNames.directory(id)) }
      throw error
    }
  }

  /// Protects a snapshot from retention, or lets go of it; durable when the call returns.
  public func setPin(_ isPinned: Bool, snapshot id: UInt64) throws(SnapshotProblem) {
    try requirePlace()
    guard archive.contains(id) else { throw archive.unknown(id) }
    let path = archive.path(id) + "/" + SnapshotNames.pinned
    try changingDirectory { () throws(SnapshotProblem) in
      try translating { () throws(FileProblem) in
        if isPinned {
          try AtomicFile.replace(at: path, with: [])
        } else {
          try DirectoryHandle.remove(path)
          try DirectoryHandle.sync(archive.path(id))
        }
      }
    }
    try requirePlace()
  }

  /// Writes the lineage anew where it has grown long, without the records that are of no use any more.
  public func compactLineage() throws(SnapshotProblem) {
    guard guarded.withLock({ $0.log.isLong }) else { return }
    try requirePlace()
    try exclusively { (log) throws(SnapshotProblem) in
      try log.compact(present: try SnapshotStore.present(archive))
    }
  }

  /// The manifest of the current snapshot, kept since it was written or read: the learner waits for it.
  func manifest(ofCurrent id: UInt64) throws(SnapshotProblem) -> Manifest {
    if let manifest = face.withLock({ $0.manifest }), manifest.id == id { return manifest }
    let manifest = try archive.manifest(id)
    keep(manifest)
    return manifest
  }

  /// Keeps the manifest of the current snapshot.
  func keep(_ manifest: Manifest) {
    face.withLock { $0.manifest = manifest }
  }

  func reached(_ step: SnapshotStep) throws(SnapshotProblem) {
    try failpoint?(step)
  }

  /// A number that no snapshot ever had, and the current snapshot's. (One that a crash kept from becoming whole may be
  /// given again after a restart: nothing ever referred to it.)
  func takeID() -> (id: UInt64, current: UInt64?) {
    face.withLock { face in
      defer { face.nextID += 1 }
      return (face.nextID, face.current)
    }
  }

  /// Runs a change of the directory or the lineage that no other may overlap.
  func exclusively<Result>(
    _ body: (LineageLog) throws(SnapshotProblem) -> Result
  ) throws(SnapshotProblem) -> Result {
    try changingDirectory { () throws(SnapshotProblem) in try usingLog(body) }
  }

  /// Runs a change of the directory alone.
  func changingDirectory<Result>(_ body: () throws(SnapshotProblem) -> Result) throws(SnapshotProblem) -> Result {
    try directory.withLock { (_) throws(SnapshotProblem) in try body() }
  }

  /// Adds records to the lineage that nothing in the directory goes with.
  private func recording(_ body: (LineageLog) throws(SnapshotProblem) -> Void) throws(SnapshotProblem) {
    try requirePlace()
    try usingLog(body)
    try requirePlaceAfterChange()
  }

  private func usingLog<Result>(
    _ body: (LineageLog) throws(SnapshotProblem) -> Result
  ) throws(SnapshotProblem) -> Result {
    try guarded.withLock { (guarded) throws(SnapshotProblem) in
      let log = guarded.log
      defer {
        face.withLock { face in
          face.current = log.lineage.current
          face.learning = log.lineage.learning
        }
      }
      return try body(log)
    }
  }

  // MARK: The place

  /// Whether the state directory is still where it was when it was opened; looks. Waits for the disk.
  @discardableResult
  public func checkPlace() -> Bool { place.check() }

  /// What the last look at the state directory found wrong; nil where it was in its place. Never waits.
  public var placeProblem: String? { place.problem }

  /// Makes sure that what is written now is where a restart looks for it.
  public func requirePlace() throws(SnapshotProblem) {
    if !place.check() { throw SnapshotProblem(.replaced, place.message) }
  }

  /// Makes sure that what was just written is where a restart looks for it. Else it is refused, and all that follows too:
  /// the lineage goes on from it, and whoever asked does not.
  func requirePlaceAfterChange() throws(SnapshotProblem) {
    if !place.checkAfterChange() { throw SnapshotProblem(.replaced, place.message) }
  }

  /// The numbers of all snapshots that are there in any form.
  private static func present(_ archive: SnapshotArchive) throws(SnapshotProblem) -> Set<UInt64> {
    Set(try archive.names().compactMap { SnapshotNames.idInside($0) })
  }
}
