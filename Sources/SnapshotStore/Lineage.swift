/// What all records of a lineage come to: who descends from whom, which snapshot is current, whether the daemon learns.
public struct Lineage: Equatable, Sendable {
  /// The snapshots that descent leads to or through, by their numbers; those that are of no use any more may be missing.
  public private(set) var snapshots: [UInt64: LineageRecord.Snapshot] = [:]

  /// Every number that a snapshot ever had, also of those that are missing.
  public private(set) var known = SnapshotNumbers()

  /// How many records there were.
  public private(set) var records: UInt64 = 0

  /// Every rollback of these, by the number of the snapshot that it made.
  public private(set) var rollbacks: [UInt64: Manifest.Rollback] = [:]

  /// Offsets that stay skipped after a snapshot that was taken instead of a damaged descendant, by its number.
  public private(set) var inheritedSkips: [UInt64: [SkippedRange]] = [:]

  /// The snapshot that was current when an ancestor was taken instead, since it could not be read, with no snapshot
  /// written since; nil where the current one is no such ancestor.
  public private(set) var takenInsteadOf: UInt64?

  /// The choice of an operator that no snapshot was written after; nil where there is none.
  public private(set) var choice: SnapshotChoice?

  /// Where the snapshots are from before the model was begun anew; nil where it never was.
  public private(set) var setAside: SetAside?

  /// The snapshot that the records say is current.
  public private(set) var current: UInt64?

  /// Whether the daemon learns.
  public private(set) var learning = LearningState.running

  /// The highest line of descent there ever was.
  public private(set) var highestLine: UInt64 = 1

  /// The highest number that any record names; 0 where there is none.
  public private(set) var highestID: UInt64 = 0

  /// The line of descent of what is learned now.
  public private(set) var line: UInt64 = 1

  /// Makes a lineage without records.
  public init() {}

  /// Takes in the next record.
  public mutating func apply(_ record: LineageRecord) {
    records &+= 1
    switch record {
    case .snapshot(let snapshot):
      note(snapshot, nil)
      current = snapshot.id
      takenInsteadOf = nil
      choice = nil
      line = snapshot.line
    case .rollback(let snapshot, let rollback):
      note(snapshot, rollback)
      current = snapshot.id
      takenInsteadOf = nil
      choice = nil
      line = snapshot.line
    case .found(let snapshot, let rollback):
      note(snapshot, rollback)
    case .setAside(let id, let ancestor, _):
      highestID = max(highestID, id)
      guard let ancestor else { break }
      if takenInsteadOf == nil { takenInsteadOf = id }
      moveCurrent(to: ancestor)
    case .ancestorTaken(let id, let instead, let skips):
      if !skips.isEmpty { inheritedSkips[id, default: []] += skips }
      takenInsteadOf = instead
      moveCurrent(to: id)
    case .chosen(let snapshot, let rollback, let newLine, let branch):
      note(snapshot, rollback)
      current = snapshot.id
      takenInsteadOf = nil
      if let branch { choice = SnapshotChoice(snapshot: snapshot.id, branch: branch) }
      begin(newLine)
    case .begunAnew(let aside, let newLine):
      setAside = aside
      current = nil
      takenInsteadOf = nil
      inheritedSkips = [:]
      choice = nil
      learning = .running
      begin(newLine)
    case .learning(let state):
      learning = state
    case .arithmetic(_, _, let newLine):
      begin(newLine)
    case .software:
      break
    case .compacted(let before):
      take(before)
    }
  }

  /// Makes another snapshot the current one.
  mutating func moveCurrent(to id: UInt64) {
    guard current != id else { return }
    current = id
    if let snapshot = snapshots[id] { line = snapshot.line }
  }

  /// The snapshot and its ancestors, nearest first, as far as they are known.
  public func ancestry(of id: UInt64) -> [UInt64] {
    var path: [UInt64] = []
    var next: UInt64? = id
    var seen: Set<UInt64> = []
    while let id = next, seen.insert(id).inserted {
      path.append(id)
      next = snapshots[id]?.parent
    }
    return path
  }

  private mutating func begin(_ newLine: UInt64) {
    line = newLine
    highestLine = max(highestLine, newLine)
  }

  private mutating func take(_ before: CompactedLineage) {
    records = before.records
    known.formUnion(before.known)
    highestID = max(highestID, before.highestNumber)
    highestLine = max(highestLine, before.highestLine)
    line = before.line
    current = before.current
    takenInsteadOf = before.takenInsteadOf
    choice = before.choice
    learning = before.learning
  }

  private mutating func note(_ snapshot: LineageRecord.Snapshot, _ rollback: Manifest.Rollback?) {
    snapshots[snapshot.id] = snapshot
    known.insert(snapshot.id)
    rollbacks[snapshot.id] = rollback
    highestID = max(highestID, snapshot.id)
    highestLine = max(highestLine, snapshot.line)
  }
}
