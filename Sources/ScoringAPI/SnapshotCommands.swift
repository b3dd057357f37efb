/// One snapshot, as lists show it.
public struct SnapshotSummary: Codable, Equatable, Sendable {
  /// The snapshot's number; `snapshot` in JSON, since a line's own `id` stands beside it.
  public var id: UInt64
  /// The snapshot it descends from; absent for the first of a line.
  public var parent: UInt64?
  /// When it was written, RFC 3339 in UTC.
  public var created: String
  /// Why it was taken: `interval`, `request`, `shutdown`, `rollback`, ...
  public var reason: String
  /// Events learned by the model it holds.
  public var eventsLearned: UInt64
  /// For an incremental one: the snapshot whose rows it completes with those that changed since.
  public var base: UInt64?
  /// Bytes of the files that hold it, those of the snapshots it builds on among them.
  public var bytes: UInt64
  /// Bytes that were written for it; 0 for a rollback, which refers to the files of others.
  public var bytesWritten: UInt64?
  /// Rows of the embedding table that were written for it; absent for a rollback, and where an older version wrote it.
  public var rows: UInt64?
  /// How many files hold it: 1 where it is full, more where it builds on others.
  public var files: UInt64?
  /// Whether retention leaves it alone.
  public var pinned: Bool
  /// Whether the served model descends directly from it (`CURRENT` names it).
  public var current: Bool
  /// Whether a rollback abandoned it.
  public var abandoned: Bool
  /// True where the order journal no longer holds what was learned after it, so that records are learned in an order of
  /// their own after a rewind to it; else absent.
  public var orderGone: Bool?
  /// Progressive loss over the whole run up to it; absent where none was recorded or it is not finite.
  public var loss: Double?

  /// Makes a summary; a loss that is not finite is left out.
  public init(
    id: UInt64, parent: UInt64?, created: String, reason: String, eventsLearned: UInt64, base: UInt64? = nil,
    bytes: UInt64, bytesWritten: UInt64? = nil, rows: UInt64? = nil, files: UInt64? = nil, pinned: Bool, current: Bool,
    abandoned: Bool, orderGone: Bool = false, loss: Double?
  ) {
    self.orderGone = orderGone ? true : nil
    self.id = id
    self.parent = parent
    self.created = created
    self.reason = reason
    self.eventsLearned = eventsLearned
    self.base = base
    self.bytes = bytes
    self.bytesWritten = bytesWritten
    self.rows = rows
    self.files = files
    self.pinned = pinned
    self.current = current
    self.abandoned = abandoned
    self.loss = finite(loss)
  }

  private enum CodingKeys: String, CodingKey {
    case id = "snapshot"
    case parent, created, reason, eventsLearned, base, bytes, bytesWritten, rows, files, pinned, current, abandoned
    case orderGone, loss
  }
}

/// The answer of `GET /v1/snapshots`.
public struct SnapshotList: Codable, Equatable, Sendable {
  /// The snapshots, oldest first.
  public var snapshots: [SnapshotSummary]

  /// Makes a list.
  public init(snapshots: [SnapshotSummary]) {
    self.snapshots = snapshots
  }
}

/// The body of `POST /v1/snapshots`, which may be left out: `{"full":true}`.
public struct SnapshotRequest: Codable, Equatable, Sendable {
  /// Whether it must hold all rows, rather than those that changed where that is enough.
  public var full: Bool

  /// Makes a request.
  public init(full: Bool = false) {
    self.full = full
  }
}

/// What becomes of the position in the stream when the model is rolled back.
public enum RollbackMode: String, Codable, Equatable, Sendable, CaseIterable {
  /// Reading goes on where it stands: what was learned since the snapshot is skipped for good.
  case keep
  /// Reading goes back to the snapshot's position: what came since is learned again.
  case rewind
}

/// The body of `POST /v1/rollback`: `{"snapshot":41,"position":"keep"|"rewind"}`.
public struct RollbackRequest: Codable, Equatable, Sendable {
  /// The snapshot to go back to.
  public var snapshot: UInt64
  /// What becomes of the position.
  public var position: RollbackMode

  /// Makes a request.
  public init(snapshot: UInt64, position: RollbackMode) {
    self.snapshot = snapshot
    self.position = position
  }
}

/// The answer of `POST /v1/rollback`; when it is given, the rollback is durable and served.
public struct RollbackReport: Codable, Equatable, Sendable {
  /// The new snapshot that begins the new line of descent.
  public var snapshot: UInt64
  /// The snapshot that was gone back to.
  public var restored: UInt64
  /// What became of the position.
  public var position: RollbackMode
  /// Events learned by the model now served.
  public var eventsLearned: UInt64
  /// Events that were learned after the snapshot and are no longer in the model.
  public var eventsAbandoned: UInt64
  /// True for a rewind where the order in which they were learned is gone from the journal: they are learned in an order
  /// of their own; else absent.
  public var orderGone: Bool?
  /// Whether the daemon learns now; a rollback keeps the state it found.
  public var learning: LearningStatus

  /// Makes a report.
  public init(
    snapshot: UInt64, restored: UInt64, position: RollbackMode, eventsLearned: UInt64, eventsAbandoned: UInt64,
    orderGone: Bool = false, learning: LearningStatus
  ) {
    self.orderGone = orderGone ? true : nil
    self.snapshot = snapshot
    self.restored = restored
    self.position = position
    self.eventsLearned = eventsLearned
    self.eventsAbandoned = eventsAbandoned
    self.learning = learning
  }
}

/// The answer of `POST /v1/shutdown`: the daemon stops, takes its last snapshot and ends.
public struct ShutdownReport: Codable, Equatable, Sendable {
  /// Events learned when the request was taken.
  public var eventsLearned: UInt64

  /// Makes a report.
  public init(eventsLearned: UInt64) {
    self.eventsLearned = eventsLearned
  }
}
