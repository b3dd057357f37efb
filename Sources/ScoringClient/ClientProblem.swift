import ScoringAPI

/// Why a client got no answer, or not the one it asked for.
public enum ClientProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// Nothing is at the socket's path, or nobody answers there.
  case noDaemon(path: String)
  /// The socket is there and the user may not connect to it.
  case notPermitted(path: String)
  /// The path is not one of a socket, or the system refused for another reason.
  case cannotConnect(path: String, reason: String)
  /// The daemon did not answer in time.
  case timedOut(path: String, seconds: Double)
  /// What came back is no answer: something else listens there, or the connection broke.
  case broken(path: String, detail: String)
  /// The daemon answered that the request has a problem.
  case refused(Problem)

  /// What happened and what to do about it.
  public var description: String {
    switch self {
    case .noDaemon(let path):
      return "no daemon answers at \(path): start afmd, or name the socket it was configured with"
    case .notPermitted(let path):
      return "not permitted to connect to \(path): run as a user or group that the socket's mode lets in"
    case .cannotConnect(let path, let reason):
      return "cannot connect to \(path): \(reason)"
    case .timedOut(let path, let seconds):
      return "the daemon at \(path) did not answer within \(seconds) s; the request may still take effect"
    case .broken(let path, let detail):
      return "what answers at \(path) does not speak as afmd does: \(detail)"
    case .refused(let problem):
      return problem.description
    }
  }
}
