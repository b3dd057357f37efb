/// Whether the daemon learns.
public enum LearningMode: String, Codable, Equatable, Sendable, CaseIterable {
  /// Events are learned as they arrive.
  case running
  /// An operator paused learning; scoring goes on.
  case paused
  /// The daemon stopped learning by itself (a lost position, for one); scoring goes on, an operator must decide.
  case stopped
}

/// A word for where learning goes on when it resumes after its position was lost; a time (Kafka
/// alone) and offsets say it exactly.
public enum ResumePosition: String, Codable, Equatable, Sendable, CaseIterable {
  /// At the oldest record that the source still has.
  case earliest
  /// After the newest record that the source has.
  case latest
}

/// Whether the daemon learns, why, and what it would need to go on.
public struct LearningStatus: Codable, Equatable, Sendable {
  /// The state.
  public var state: LearningMode
  /// Why learning is not running; absent while it is.
  public var reason: String?
  /// The words of which one, or a time or offsets, must be chosen to resume; empty where nothing need be.
  public var positions: [ResumePosition]

  /// Makes a status.
  public init(state: LearningMode, reason: String? = nil, positions: [ResumePosition] = []) {
    self.state = state
    self.reason = reason
    self.positions = positions
  }
}

/// The body of `POST /v1/learning`: `{"state":"paused"|"running","position":...}`.
public struct LearningRequest: Codable, Equatable, Sendable {
  /// The state to be in: `running` or `paused` (`stopped` is the daemon's own and is refused).
  public var state: LearningMode
  /// Where to go on from, where that must be chosen: `earliest`, `latest`, an RFC 3339 time (Kafka alone), or offsets
  /// such as `0:120,1:99` (of a file one number, the byte at which a line begins); refused with `paused`.
  public var position: String?

  /// Makes a request.
  public init(state: LearningMode, position: String? = nil) {
    self.state = state
    self.position = position
  }
}
