import HTTP
import JSONReading
import Observability
import ScoringAPI

/// Requests and answers in HTTP.
final class HTTPConversation: Conversation {
  private enum Media {
    static let json: StaticString = "application/json"
    static let problem: StaticString = "application/problem+json"
    static let metrics: StaticString = "text/plain; version=0.0.4; charset=utf-8"
  }

  /// Used by one call after the other, on the loop's thread, so that exclusive access need not be checked at run time.
  @exclusivity(unchecked) private var parser: RequestParser
  private var keepsAlive = true
  private var isHead = false
  private var minorVersion = 1

  init(limits: ServerLimits) {
    parser = RequestParser(
      limits: Limits(headBytes: limits.headBytes, headerCount: limits.headerCount, bodyBytes: limits.bodyBytes))
  }

  var isBetweenRequests: Bool { parser.isBetweenRequests }

  func advance(_ input: UnsafeRawBufferPointer, _ connection: Connection) -> Int {
    let (taken, step) = parser.consume(input)
    switch step {
    case .needsMore:
      break
    case .expectsContinue:
      if taken == input.count { ResponseWriter.appendContinue(to: &connection.output) }
    case .failed(let failure):
      let title = "\(ResponseWriter.reason(failure.status))"
      refuse(Problem(status: failure.status, title: title, detail: failure.detail), connection)
      connection.server.metrics.record(nil, status: failure.status, since: monotonicNanoseconds())
      connection.closeAfterOutput()
    case .request:
      answerRequest(connection)
    }
    return taken
  }

  func end(_ connection: Connection) {}

  func complete(_ answer: CommandRunner.Answer, _ connection: Connection) {
    let media = answer.isMetrics ? Media.metrics : answer.status < 400 ? Media.json : Media.problem
    respond(answer.status, media, body: answer.body, connection)
  }

  func refuse(_ problem: Problem, _ connection: Connection) {
    keepsAlive = false
    isHead = false
    respond(problem, connection)
  }

  private func answerRequest(_ connection: Connection) {
    let started = monotonicNanoseconds()
    keepsAlive = parser.request.keepsAlive
    isHead = parser.request.method == .head
    minorVersion = parser.request.minorVersion
    var endpoint: Endpoint?
    var allow: String?
    do throws(Problem) {
      let route: Router.Route
      do throws(Router.NoRoute) {
        route = try Router.route(parser.request)
      } catch {
        allow = error.allow
        throw error.problem
      }
      endpoint = route.endpoint
      try connection.check(route.endpoint)
      if route.endpoint.isImmediate {
        try answerNow(route.endpoint, connection)
        connection.server.metrics.record(route.endpoint, status: 200, since: started)
      } else {
        let root = try body(connection)
        let command = try CommandRunner.Command(route.endpoint, root, snapshot: route.snapshot, isLine: false)
        connection.run(command, route.endpoint, since: started)
      }
    } catch {
      respond(error, allow: allow, connection)
      connection.server.metrics.record(endpoint, status: error.status, since: started)
    }
  }

  private func answerNow(_ endpoint: Endpoint, _ connection: Connection) throws(Problem) {
    let root = endpoint.method == "GET" ? nil : try body(connection)
    let server = connection.server
    server.text.removeAll()
    try server.service.answer(endpoint, root, isLine: false, into: &server.text)
    respond(200, Media.json, server.text, connection)
  }

  private func body(_ connection: Connection) throws(Problem) -> JSONValue? {
    guard !parser.request.body.isEmpty else { return nil }
    let service = connection.server.service
    let parsed = parser.request.body.withUnsafeBytes { bytes in
      Result { () throws(Problem) in try service.parse(bytes) }
    }
    return try parsed.get()
  }

  private func respond(_ problem: Problem, allow: String? = nil, _ connection: Connection) {
    var text = JSONText()
    problem.write(to: &text)
    respond(problem.status, Media.problem, text, allow: allow, connection)
  }

  private func respond(
    _ status: Int, _ media: StaticString, _ text: borrowing JSONText, allow: String? = nil, _ connection: Connection
  ) {
    text.withBytes { respond(status, media, body: $0, allow: allow, connection) }
  }

  private func respond(
    _ status: Int, _ media: StaticString, body: some Collection<UInt8>, allow: String? = nil, _ connection: Connection
  ) {
    ResponseWriter.appendHead(
      status: status, contentType: media, length: body.count, keepsAlive: keepsAlive, minorVersion: minorVersion,
      allow: allow, to: &connection.output)
    if !isHead { connection.output.append(contentsOf: body) }
    if !keepsAlive { connection.closeAfterOutput() }
  }
}

extension Connection {
  /// Throws where the socket is not the one on which an endpoint is answered.
  func check(_ endpoint: Endpoint) throws(Problem) {
    guard endpoint.needsControl, !isControl else { return }
    throw Problem(
      status: 403, title: "Forbidden", detail: "\(endpoint.rawValue) is for operators: ask on the control socket")
  }
}
