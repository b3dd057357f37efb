import Foundation
import TestSupport
import Testing

@testable import ScoringServer

/// The load generator of nghttp2, against the server.
@Suite struct H2loadTests {
  private static func has(_ program: String) -> Bool { Environment.requiresAll || Program.exists(program) }

  @Test(.enabled(if: has("h2load"), "needs h2load"), arguments: [1, 2])
  func manyConnectionsAtOnce(loops: Int) throws {
    let fixture = try Fixture(loops: loops)
    let file = fixture.directory.path("body.json")
    try "{\"instances\":[\(Fixture.instance)]}".write(toFile: file, atomically: true, encoding: .utf8)
    let (code, output) = Program.run([
      "h2load", "--h1", "-n", "2000", "-c", "16", "-m", "4", "-d", file, "--base-uri=unix:\(fixture.score)",
      "http://localhost/v1/score",
    ])
    #expect(code == 0)
    #expect(output.contains("2000 succeeded, 0 failed, 0 errored, 0 timeout"), "\(output)")
    #expect(output.contains("status codes: 2000 2xx"), "\(output)")
  }
}
