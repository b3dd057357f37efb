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
  /// An operator made a snapshot the current one while no daemon ran: a new line of descent.
  case chosen(Snapshot, Manifest.Rollback?, line: UInt64)
  /// An operator set all snapshots aside, to begin with a fresh model: a new line of descent.
  case begunAnew(SetAside, line: UInt64)
  /// The state of learning changed.
  case learning(LearningState)
  /// Learning goes on with another family of arithmetic: a new line of descent.
  case arithmetic(from: String, to: String, line: UInt64)
  /// Learning goes on with another version of the software.
  case software(from: String, to: String)

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
  }
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
}
