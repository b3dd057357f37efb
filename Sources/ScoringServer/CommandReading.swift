import JSONReading
import ScoringAPI

extension CommandRunner.Command {
  /// Reads what an endpoint needs out of a request.
  ///
  /// - Parameters:
  ///   - root: the body, or the line; nil where there is none.
  ///   - snapshot: the snapshot that the path names; a line names it in `snapshot`.
  init(_ endpoint: Endpoint, _ root: JSONValue?, snapshot: UInt64?, isLine: Bool) throws(Problem) {
    func check(_ names: [StaticString]) throws(Problem) {
      if let root { try RequestReading.check(root, allows: names, isLine: isLine) }
    }
    func body() throws(Problem) -> JSONValue {
      guard let root else { throw .badRequest("the request has no body; a JSON object is expected") }
      return root
    }
    switch endpoint {
    case .status:
      try check([])
      self = .status
    case .metrics:
      self = .metrics
    case .snapshots:
      try check([])
      self = .snapshots
    case .snapshot:
      try check(["full"])
      self = .takeSnapshot(try RequestReading.takeSnapshot(root))
    case .shutdown:
      try check([])
      self = .shutdown
    case .pin, .unpin:
      try check(snapshot == nil ? ["snapshot"] : [])
      if let snapshot {
        self = .setPin(endpoint == .pin, snapshot: snapshot)
      } else {
        self = .setPin(endpoint == .pin, snapshot: try RequestReading.snapshot(try body()))
      }
    case .rollback:
      try check(["snapshot", "position"])
      self = .rollback(try RequestReading.rollback(try body()))
    case .learning:
      try check(["state", "position"])
      self = .setLearning(try RequestReading.learning(try body()))
    case .score, .rank, .explain, .encode, .live, .ready:
      throw .internalError("\(endpoint.rawValue) is no command")
    }
  }
}
