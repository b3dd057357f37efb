/// The sockets and what their clients may ask for.
public struct SocketsSettings: Equatable, Sendable {
  /// The socket for applications.
  public var score: SocketSettings
  /// The socket for operators.
  public var control: SocketSettings
  /// How many event loops, each a thread, serve the clients.
  public var eventLoops: Int
  /// Limits for every client.
  public var limits: ClientLimits
  /// How far learning may be behind its source for the daemon to count as ready: the age of the last record learned
  /// while others wait behind it; nil for any.
  public var readyMaximumLag: Duration? = nil
}

/// One Unix socket.
public struct SocketSettings: Equatable, Sendable {
  /// Its path; not used where the service manager passes the socket on.
  public var path: String
  /// Its permissions: `0o660`.
  public var mode: UInt32
  /// The name or number of its owner; nil leaves the process's.
  public var owner: String?
  /// The name or number of its group; nil leaves the process's.
  public var group: String?
}

/// Limits for every client.
public struct ClientLimits: Equatable, Sendable {
  /// Bytes of a body or a line.
  public var bodyBytes: Int
  /// Instances in one request.
  public var instances: Int
  /// Candidates in one request to rank.
  public var candidates: Int
  /// Connections at the same time, both sockets together.
  public var connections: Int
  /// How long a request may take to arrive or its answer to be read, and a connection may be idle.
  public var idleTimeout: Duration
}
