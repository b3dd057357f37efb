import BenchmarkSupport

/// nghttp2's load generator, as a second opinion on what this program measures itself.
enum H2load {
  /// Whether it is installed.
  static var isInstalled: Bool { Command.exists("h2load") }

  /// HTTP requests a second over one connection, one after the other.
  ///
  /// - Parameters:
  ///   - socket: the daemon's socket.
  ///   - body: a file with a request's body.
  static func rate(socket: String, body: String, requests: Int) throws -> Double {
    let text = try Command(
      "h2load",
      [
        "--h1", "--base-uri=unix:\(socket)", "-n", String(requests), "-c", "1", "-t", "1", "-d", body,
        "-H", "content-type: application/json", "http://localhost/v1/score",
      ]
    ).succeed()
    let words = text.split { $0 == " " || $0 == "\n" }
    guard text.contains("\(requests) 2xx"), let place = words.firstIndex(where: { $0.hasPrefix("req/s") }), place > 0,
      let rate = Double(words[place - 1])
    else { throw BenchmarkProblem("h2load's answer is not understood:\n\(text)") }
    return rate
  }
}
