import HTTP
import ScoringAPI

/// A blocking client of the daemon's sockets over HTTP. Used on one thread at a time.
///
/// Scoring, explaining and encoding work on both sockets, commands on the control socket. The connection is kept from
/// one request to the next, and made anew where the daemon has closed it.
public final class ScoringClient {
  /// An answer as it came.
  public struct Reply: Equatable, Sendable {
    /// The HTTP status code.
    public var status: Int
    /// The body.
    public var body: [UInt8]
  }

  /// The socket's path.
  public let path: String
  /// Seconds that one exchange may take.
  public let timeoutSeconds: Double

  private var connection: UnixConnection?
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  /// Makes a client; it connects with its first request.
  ///
  /// - Parameters:
  ///   - path: the socket's path.
  ///   - timeoutSeconds: how long one exchange may take; infinity waits for ever.
  public init(path: String, timeoutSeconds: Double = 60) {
    self.path = path
    self.timeoutSeconds = timeoutSeconds
  }

  /// Asks an endpoint and gives the answer as it came, whatever its status.
  ///
  /// - Parameters:
  ///   - endpoint: what is asked.
  ///   - snapshot: the snapshot that the endpoint's path names, for `pin` and `unpin`.
  ///   - body: the request's JSON; nil for none.
  public func ask(_ endpoint: Endpoint, snapshot: UInt64? = nil, body: [UInt8]? = nil) throws(ClientProblem) -> Reply {
    let target = snapshot.map { endpoint.path(snapshot: $0) } ?? endpoint.path
    let request = RequestWriter.request(method: endpoint.method, target: target, body: body)
    // A command must not be sent twice, so it never goes out on a connection that may be closed already.
    if endpoint.isCommand { connection = nil }
    let isKept = connection != nil
    if let reply = try exchange(request) { return reply }
    // A kept connection may have been closed for idling just before.
    if isKept, let reply = try exchange(request) { return reply }
    throw .broken(path: path, detail: "the connection ended before the answer")
  }

  /// Asks an endpoint and gives the body of its answer.
  ///
  /// - Throws: `refused` with the problem where the daemon answered with one.
  public func body(_ endpoint: Endpoint, snapshot: UInt64? = nil, body: [UInt8]? = nil) throws(ClientProblem)
    -> [UInt8]
  {
    let reply = try ask(endpoint, snapshot: snapshot, body: body)
    guard reply.status < 400 else { throw .refused(problem(reply)) }
    return reply.body
  }

  /// Asks an endpoint and decodes its answer.
  public func answer<Answer: Decodable>(
    _ type: Answer.Type, from endpoint: Endpoint, snapshot: UInt64? = nil, body request: [UInt8]? = nil
  ) throws(ClientProblem) -> Answer {
    let bytes = try body(endpoint, snapshot: snapshot, body: request)
    do throws(Problem) {
      return try OperatorJSON.decode(type, from: bytes)
    } catch {
      throw .broken(path: path, detail: "its answer to \(endpoint.rawValue) cannot be read: \(error.detail)")
    }
  }

  private func problem(_ reply: Reply) -> Problem {
    do throws(Problem) {
      return try OperatorJSON.decode(Problem.self, from: reply.body)
    } catch {
      return Problem(
        status: reply.status, title: "\(ResponseWriter.reason(reply.status))",
        detail: String(decoding: reply.body.prefix(500), as: UTF8.self))
    }
  }

  /// Sends a request and receives its answer; nil where the connection ended before a byte of it.
  private func exchange(_ request: [UInt8]) throws(ClientProblem) -> Reply? {
    let used: UnixConnection
    if let connection {
      used = connection
      used.restartClock()
    } else {
      used = try UnixConnection(path: path, timeoutSeconds: timeoutSeconds)
    }
    connection = nil
    try used.send(request)
    var parser = ResponseParser()
    var sawBytes = false
    while true {
      let count = try used.receive(into: &buffer)
      guard count > 0 else {
        if let response = parser.end() { return Reply(status: response.status, body: response.body) }
        guard !sawBytes else { throw .broken(path: path, detail: "the connection ended in the middle of an answer") }
        return nil
      }
      sawBytes = true
      let (_, step) = buffer.withUnsafeBytes { parser.consume(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      switch step {
      case .needsMore: continue
      case .failed(let failure): throw .broken(path: path, detail: failure.detail)
      case .response(let response):
        if response.keepsAlive { connection = used }
        return Reply(status: response.status, body: response.body)
      }
    }
  }
}
