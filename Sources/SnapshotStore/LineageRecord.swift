/// Whether the daemon learns: survives a restart, because every change is a record of the lineage.
public enum LearningState: Codable, Equatable, Sendable {
  /// Events are learned as they arrive.
  case running
  /// An operator paused learning.
  case paused
  /// The daemon stopped learning by itself; an operator must decide how to go on.
  case stopped(StopReason, detail: String)
}

/// Why the daemon stopped learning by itself.
public enum StopReason: String, Codable, Sendable, CaseIterable {
  /// The saved position is gone from the source.
  case positionLost
  /// The source is not the one that the position belongs to.
  case otherSource
  /// The records of the order journal can no longer be read.
  case replayImpossible
  /// The source failed for good.
  case sourceFailed
  /// The lineage was damaged, so that the state of learning before the restart is not known.
  case lineageDamaged
}

/// Something that happened to a model and matters for where it comes from: a record of `lineage.log`, as JSON.
public enum LineageRecord: Codable, Equatable, Sendable {
  /// A snapshot became the current one.
  case snapshot(Snapshot)
  /// A rollback became the current snapshot.
  case rollback(Snapshot, Manifest.Rollback)
  /// A whole snapshot was found that no record speaks of: it was written, but a crash came before it was current.
  case found(Snapshot, Manifest.Rollback?)
  /// A damaged snapshot was set aside, and its ancestor became the current one.
  case setAside(id: UInt64, ancestor: UInt64?, detail: String)
  /// An ancestor became the current snapshot instead of one that cannot be read, and these offsets, which rollbacks on
  /// the way left behind, stay skipped until a later snapshot carries them.
  case ancestorTaken(id: UInt64, insteadOf: UInt64, skips: [SkippedRange])
  /// An operator made a snapshot the current one while no daemon ran: a new line of descent, and of the order journal one
  /// of this name; nil where the snapshot was current before.
  case chosen(Snapshot, Manifest.Rollback?, line: UInt64, branch: UInt64?)
  /// An operator set all snapshots aside, to begin with a fresh model: a new line of descent.
  case begunAnew(SetAside, line: UInt64)
  /// The state of learning changed.
  case learning(LearningState)
  /// Learning goes on with another family of arithmetic: a new line of descent.
  case arithmetic(from: String, to: String, line: UInt64)
  /// Learning goes on with another version of the software.
  case software(from: String, to: String)
  /// The log was written anew without the records that are of no use any more; those kept stand before this one.
  case compacted(CompactedLineage)

  /// What the lineage remembers of a snapshot, so that its descent is known when its files are gone.
  public struct Snapshot: Codable, Equatable, Sendable {
    /// Its number.
    public var id: UInt64
    /// The snapshot it descends from.
    public var parent: UInt64?
    /// Its line of descent.
    public var line: UInt64
    /// Events learned by its model.
    public var eventsLearned: UInt64

    init(_ manifest: Manifest) {
      id = manifest.id
      parent = manifest.parent
      line = manifest.line
      eventsLearned = manifest.eventsLearned
    }

    init(id: UInt64, parent: UInt64?, line: UInt64, eventsLearned: UInt64) {
      self.id = id
      self.parent = parent
      self.line = line
      self.eventsLearned = eventsLearned
    }
  }
}

/// What all records of a lineage came to when it was written anew.
public struct CompactedLineage: Codable, Equatable, Sendable {
  /// How many records there had been.
  public var records: UInt64
  /// Every number that a snapshot ever had.
  public var known: SnapshotNumbers
  /// The highest number that any record named.
  public var highestNumber: UInt64
  /// The highest line of descent.
  public var highestLine: UInt64
  /// The line of descent of what was learned then.
  public var line: UInt64
  /// The current snapshot.
  public var current: UInt64?
  /// The snapshot that it was taken instead of.
  public var takenInsteadOf: UInt64?
  /// The choice that no snapshot was written after.
  public var choice: SnapshotChoice?
  /// Whether the daemon learned.
  public var learning: LearningState
}

/// A record of the lineage and when it was written.
public struct LineageEntry: Codable, Equatable, Sendable {
  /// RFC 3339 in UTC. Nothing depends on it.
  public var time: String
  /// What happened.
  public var record: LineageRecord

  init(_ record: LineageRecord) {
    time = ManifestJSON.now()
    self.record = record
  }

  init(time: String, _ record: LineageRecord) {
    self.time = time
    self.record = record
  }
}
