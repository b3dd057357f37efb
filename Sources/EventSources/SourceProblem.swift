/// What is wrong with a source: what, where, and what to do next.
public struct SourceProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// Sorts of problems.
  public enum Kind: String, Codable, Sendable {
    /// The source cannot be reached now; trying again may help.
    case unreachable
    /// The source refuses us: a wrong password, a certificate, a missing right.
    case refused
    /// A setting is impossible or unknown.
    case configuration
    /// The topic or file does not exist.
    case missing
    /// There is a topic or file, but not the one the saved position belongs to.
    case otherSource
    /// The saved position is gone: retention, a recreated topic, a truncated file.
    case positionLost
    /// The records of the order journal can no longer be read.
    case replayImpossible
    /// The source's data is damaged (a compressed file that fails its checksum).
    case damaged
    /// Reading failed.
    case unreadable
  }

  /// The sort of problem.
  public var kind: Kind

  /// One or two sentences for the operator: what, where, what next.
  public var message: String

  /// Whether calling again may succeed without anybody's help. The source goes on by itself then.
  public var isTransient: Bool

  /// Whether what would be delivered next may be another source's: nothing is, until the source is started again, which
  /// checks that.
  public var needsRestart: Bool

  /// The positions that are gone, for `positionLost` and `otherSource`.
  public var lost: [LostPosition]

  /// Makes a problem.
  public init(
    _ kind: Kind, _ message: String, isTransient: Bool = false, needsRestart: Bool = false, lost: [LostPosition] = []
  ) {
    self.kind = kind
    self.message = message
    self.isTransient = isTransient
    self.needsRestart = needsRestart
    self.lost = lost
  }

  /// Whether learning must stop until an operator says where to go on.
  public var needsPosition: Bool {
    kind == .positionLost || kind == .otherSource || kind == .replayImpossible
  }

  /// The message.
  public var description: String { message }
}

/// A saved position that cannot be sought any more.
public struct LostPosition: Codable, Equatable, Sendable {
  /// The partition.
  public var partition: Int32

  /// The offset that was to be read next.
  public var wanted: Int64

  /// The earliest offset there is, where it is known.
  public var earliest: Int64?

  /// The offset the next record to come will have, where it is known.
  public var latest: Int64?

  /// Makes a lost position.
  public init(partition: Int32, wanted: Int64, earliest: Int64? = nil, latest: Int64? = nil) {
    self.partition = partition
    self.wanted = wanted
    self.earliest = earliest
    self.latest = latest
  }
}
