import HTTP
import ScoringAPI

/// Finds what an HTTP request asks for.
enum Router {
  /// What a request asks for, with the snapshot that its path names.
  struct Route: Equatable {
    var endpoint: Endpoint
    var snapshot: UInt64?
  }

  /// Why nothing is asked for.
  struct NoRoute: Error {
    var problem: Problem
    /// The methods that the path takes, where the method was wrong.
    var allow: String?
  }

  static func route(_ request: borrowing Request) throws(NoRoute) -> Route {
    if request.method == .post, request.pathEquals("/v1/score") { return Route(endpoint: .score) }
    let path = String(decoding: request.path, as: UTF8.self)
    var endpoints: [Endpoint] = Endpoint.allCases.filter { $0.path == path }
    var snapshot: UInt64?
    if endpoints.isEmpty {
      let segments = request.pathSegments
      if segments.count == 4, segments[0] == "v1", segments[1] == "snapshots", segments[3] == "pin" {
        // UInt64's own reading would also take a sign.
        snapshot = segments[2].utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? UInt64(segments[2]) : nil
        guard snapshot != nil else {
          throw NoRoute(problem: .notFound("\(segments[2]) is not a snapshot's number", field: "id"))
        }
        endpoints = [.pin, .unpin]
      }
    }
    guard !endpoints.isEmpty else { throw NoRoute(problem: .notFound("there is nothing at \(path)")) }
    if let endpoint = endpoints.first(where: { matches(request.method, $0.method) }) {
      return Route(endpoint: endpoint, snapshot: snapshot)
    }
    let allowed = endpoints.flatMap { $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] }.joined(separator: ", ")
    throw NoRoute(
      problem: Problem(status: 405, title: "Method not allowed", detail: "\(path) takes \(allowed)"), allow: allowed)
  }

  private static func matches(_ method: Method, _ name: String) -> Bool {
    switch method {
    case .get, .head: return name == "GET"
    case .post: return name == "POST"
    case .delete: return name == "DELETE"
    case .other: return false
    }
  }
}
