/// What became of a request.
public enum LoadOutcome: Equatable, Sendable {
  /// It was scored.
  case scored
  /// The server refused it.
  case refused(status: Int, detail: String)
  /// The connection broke before the answer.
  case connectionLost
  /// It could not be sent.
  case notSent(String)

  /// The outcome's name where it is an error; errors of one kind are counted together.
  var errorKind: String? {
    switch self {
    case .scored: nil
    case .refused(let status, _): "status \(status)"
    case .connectionLost: "connection lost"
    case .notSent(let reason): "not sent: \(reason)"
    }
  }

  /// What the server said.
  var detail: String? {
    if case .refused(_, let detail) = self { return detail }
    return nil
  }
}

/// Connections to a server, with the clock that their answers are timed by.
///
/// The generators use nothing else, so that tests can put a server and a clock of their own in its place.
public protocol LoadTransport: AnyObject {
  /// A clock that never goes back, nanoseconds.
  var now: UInt64 { get }

  /// Processor time that the generator has used, nanoseconds.
  var processorTime: UInt64 { get }

  /// How many connections there are.
  var connections: Int { get }

  /// Queues a request; it goes out with the next `wait`. Requests of one connection are answered in their order, each
  /// exactly once, if only by an outcome that says why there is no answer.
  func send(_ request: UnsafeRawBufferPointer, on connection: Int)

  /// Sends what is queued, then waits until something was answered or the clock has reached a time.
  ///
  /// - Parameters:
  ///   - deadline: until when; a time in the past only looks.
  ///   - answered: called for every request that was answered, in the order of the connection's requests.
  func wait(until deadline: UInt64, _ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void)
}
