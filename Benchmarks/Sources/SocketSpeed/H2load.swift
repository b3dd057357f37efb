import BenchmarkSupport
import Foundation

/// nghttp2's load generator, as a second opinion on what this program measures itself.
enum H2load {
  /// Where it is installed; nil where it is not.
  static var path: String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { $0 + "/h2load" }
      .first { access($0, X_OK) == 0 }
  }

  /// HTTP requests a second over one connection, one after the other.
  ///
  /// - Parameters:
  ///   - socket: the daemon's socket.
  ///   - body: a file with a request's body.
  static func rate(_ path: String, socket: String, body: String, requests: Int) throws -> Double {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = [
      "--h1", "--base-uri=unix:\(socket)", "-n", String(requests), "-c", "1", "-t", "1", "-d", body,
      "-H", "content-type: application/json", "http://localhost/v1/score",
    ]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let words = text.split { $0 == " " || $0 == "\n" }
    guard text.contains("\(requests) 2xx"), let place = words.firstIndex(where: { $0.hasPrefix("req/s") }), place > 0,
      let rate = Double(words[place - 1])
    else { throw BenchmarkProblem("h2load's answer is not understood:\n\(text)") }
    return rate
  }
}
