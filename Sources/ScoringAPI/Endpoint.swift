/// What the sockets can be asked, over HTTP and as lines.
public enum Endpoint: String, Sendable, CaseIterable {
  /// Scores instances.
  case score
  /// Ranks candidates against one context.
  case rank
  /// Takes one instance's score apart.
  case explain
  /// Shows how one instance is encoded.
  case encode
  /// Reports what the daemon does.
  case status
  /// Says whether the process runs.
  case live
  /// Says whether it can score.
  case ready
  /// Gives the metrics as Prometheus text.
  case metrics
  /// Lists snapshots.
  case snapshots
  /// Takes a snapshot.
  case snapshot
  /// Pins a snapshot.
  case pin
  /// Lets go of a pinned snapshot.
  case unpin
  /// Goes back to a snapshot.
  case rollback
  /// Pauses or resumes learning.
  case learning
  /// Shuts the daemon down.
  case shutdown

  /// The method it is asked with; HEAD goes wherever GET goes.
  public var method: String {
    switch self {
    case .status, .live, .ready, .metrics, .snapshots: return "GET"
    case .unpin: return "DELETE"
    default: return "POST"
    }
  }

  /// The path, in which `{id}` stands for a snapshot's number.
  public var path: String {
    switch self {
    case .score: return "/v1/score"
    case .rank: return "/v1/rank"
    case .explain: return "/v1/explain"
    case .encode: return "/v1/encode"
    case .status: return "/v1/status"
    case .live: return "/health/live"
    case .ready: return "/health/ready"
    case .metrics: return "/metrics"
    case .snapshots, .snapshot: return "/v1/snapshots"
    case .pin, .unpin: return "/v1/snapshots/{id}/pin"
    case .rollback: return "/v1/rollback"
    case .learning: return "/v1/learning"
    case .shutdown: return "/v1/shutdown"
    }
  }

  /// Whether it is asked as a line too, with its name as `op`; the metrics, which are no JSON, are not.
  public var hasLine: Bool { self != .metrics }

  /// Whether only the control socket answers it: it commands, or it shows what operators alone should see.
  public var needsControl: Bool {
    switch self {
    case .score, .rank, .explain, .encode, .status, .live, .ready, .metrics: return false
    case .snapshots, .snapshot, .pin, .unpin, .rollback, .learning, .shutdown: return true
    }
  }

  /// Whether it changes something, so that who asked for it is logged.
  public var isCommand: Bool { needsControl && self != .snapshots }

  /// Whether it is answered from the event loop itself; everything else is answered elsewhere, and the answer comes later.
  public var isImmediate: Bool {
    switch self {
    case .score, .rank, .explain, .encode, .live, .ready: return true
    default: return false
    }
  }

  /// The path for a snapshot.
  public func path(snapshot: UInt64) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { $0 == "{id}" ? String(snapshot) : String($0) }
      .joined(separator: "/")
  }
}
