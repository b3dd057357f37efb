import ScoringAPI
import ScoringClient

/// The daemon, asked over its socket; what it refuses becomes a failure with an exit code.
final class DaemonConnection {
  /// The path of its socket.
  let socket: String
  private var client: ScoringClient?

  /// Names the socket; nothing is connected before the first question.
  init(socket: String) {
    self.socket = socket
  }

  /// Asks an endpoint and gives the JSON of its answer.
  func ask(_ endpoint: Endpoint, _ body: [UInt8]? = nil, snapshot: UInt64? = nil) throws(Failure) -> [UInt8] {
    do {
      return try client(for: endpoint).body(endpoint, snapshot: snapshot, body: body)
    } catch {
      throw Failure(error)
    }
  }

  /// Commands end when what they do is durable, and a large model takes its time; questions are answered soon.
  private func client(for endpoint: Endpoint) -> ScoringClient {
    if endpoint.isCommand { return ScoringClient(path: socket, timeoutSeconds: .infinity) }
    if let client { return client }
    let client = ScoringClient(path: socket)
    self.client = client
    return client
  }
}

extension Failure {
  /// Why the daemon gave no answer.
  init(_ problem: ClientProblem) {
    switch problem {
    case .refused(let problem): self.init(problem)
    case .noDaemon(let path):
      self.init(
        .unavailable,
        "no daemon answers at \(path): start it (afmd --config FILE, or systemctl start afmd), or name its socket with "
          + "--socket or \(Afmctl.socketVariable)")
    case .notPermitted: self.init(.notPermitted, problem.description)
    case .cannotConnect, .broken: self.init(.unavailable, problem.description)
    case .timedOut: self.init(.tryAgain, problem.description)
    }
  }
}
