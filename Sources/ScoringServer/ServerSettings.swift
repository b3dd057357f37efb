import EventLoop

/// Where a socket comes from.
public enum SocketPlace: Equatable, Sendable {
  /// It is made in the file system.
  case path(String, SocketPermissions)
  /// It was inherited, bound, from whoever started the process (systemd's socket activation).
  case inherited(descriptor: Int32)
}

/// What a client may ask for, and for how long it may take.
public struct ServerLimits: Equatable, Sendable {
  /// Bytes of a body or a line.
  public var bodyBytes: Int
  /// Bytes of an HTTP head.
  public var headBytes: Int
  /// HTTP header fields.
  public var headerCount: Int
  /// Nesting of a body's JSON.
  public var depth: Int
  /// Instances in one request.
  public var instances: Int
  /// Candidates in one request to rank.
  public var candidates: Int
  /// Connections at the same time, both sockets together; the control socket takes some more, so that applications
  /// cannot lock operators out.
  public var connections: Int
  /// Milliseconds in which a request must arrive, in which an answer must be read, and after which a connection
  /// without a request is closed.
  public var idleMilliseconds: UInt64
  /// Milliseconds after which a connection without a request makes room for another where there are too many.
  public var idleBeforeRoomMilliseconds: UInt64

  /// Connections that each socket gets whatever the other has taken.
  var reservedConnections: Int { min(16, connections / 8) }

  /// Makes limits.
  public init(
    bodyBytes: Int = 1 << 20, headBytes: Int = 32 << 10, headerCount: Int = 100, depth: Int = 40,
    instances: Int = 1_000, candidates: Int = 1_000, connections: Int = 1_024, idleMilliseconds: UInt64 = 60_000,
    idleBeforeRoomMilliseconds: UInt64 = 1_000
  ) {
    self.bodyBytes = bodyBytes
    self.headBytes = headBytes
    self.headerCount = headerCount
    self.depth = depth
    self.instances = instances
    self.candidates = candidates
    self.connections = connections
    self.idleMilliseconds = idleMilliseconds
    self.idleBeforeRoomMilliseconds = idleBeforeRoomMilliseconds
  }
}

/// How the server is set up.
public struct ServerSettings: Equatable, Sendable {
  /// The socket for applications; nil for none.
  public var score: SocketPlace?
  /// The socket for operators; nil for none.
  public var control: SocketPlace?
  /// Event loops, each a thread; at least 1.
  public var loops: Int
  /// The event loops' nice value.
  public var nice: Int32
  /// The limits.
  public var limits: ServerLimits

  /// Makes settings.
  public init(
    score: SocketPlace?, control: SocketPlace?, loops: Int = 1, nice: Int32 = 0, limits: ServerLimits = ServerLimits()
  ) {
    self.score = score
    self.control = control
    self.loops = loops
    self.nice = nice
    self.limits = limits
  }
}
