import Foundation
import TestSupport
import Testing

@testable import ScoringServer

/// Clients that others wrote, against the server.
@Suite struct RealClientTests {
  private static func has(_ program: String) -> Bool { Environment.requiresAll || Program.exists(program) }

  /// The commands of the examples in `Docs/API.md`, lines that end with a backslash joined.
  private func examples() throws -> [String] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Docs/API.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.components(separatedBy: "```sh\n").dropFirst().flatMap { block in
      (block.components(separatedBy: "```").first ?? "").replacingOccurrences(of: "\\\n", with: " ")
        .split(separator: "\n").map(String.init)
    }.filter { $0.contains("curl ") }
  }

  @Test(.enabled(if: has("curl"), "needs curl")) func theExamplesOfTheDocumentRunAsWritten() throws {
    let fixture = try Fixture()
    let examples = try examples()
    #expect(examples.count >= 15)
    for example in examples {
      let script = "curl() { command curl -sS --fail-with-body \"$@\"; }\nset -o pipefail\n\(example)"
      let (code, output) = Program.run(
        ["bash", "-c", script], environment: ["SCORE": fixture.score, "CONTROL": fixture.control])
      #expect(code == 0 && !output.isEmpty, "\(example)\n\(output)")
    }
    #expect(fixture.commands.asked.contains("rollback 41 keep"))
  }

  @Test(.enabled(if: has("curl"), "needs curl")) func curlSendsBodiesOfEverySize() throws {
    let fixture = try Fixture()
    let file = fixture.directory.path("body.json")
    // Large enough for curl to ask before it sends, then in chunks, then too large.
    let instances = Array(repeating: Fixture.instance, count: 900).joined(separator: ",")
    try "{\"instances\":[\(instances)]}".write(toFile: file, atomically: true, encoding: .utf8)
    let ask = ["curl", "-sS", "--unix-socket", fixture.score, "-o", "/dev/null", "-w", "%{http_code}"]
    let url = "http://localhost/v1/score"
    #expect(Program.run(ask + ["--data-binary", "@\(file)", "-H", "Expect: 100-continue", url]).output == "200")
    #expect(Program.run(ask + ["--data-binary", "@\(file)", "-H", "Transfer-Encoding: chunked", url]).output == "200")
    #expect(Program.run(ask + ["--http1.0", "--data-binary", "@\(file)", url]).output == "200")
    #expect(Program.run(ask + ["-I", "http://localhost/metrics"]).output == "200")
    #expect(Program.run(ask + ["-X", "PUT", url]).output == "405")
    try String(repeating: " ", count: 2 << 20).write(toFile: file, atomically: true, encoding: .utf8)
    #expect(Program.run(ask + ["--data-binary", "@\(file)", url]).output.hasSuffix("413"))
  }
}
