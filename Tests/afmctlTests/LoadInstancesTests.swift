import Foundation
import TestSupport
import Testing

@testable import afmctl

@Suite struct LoadInstancesTests {
  private func settings(_ words: [String], socket: String) throws -> (Session, LoadSettings) {
    guard case .run(let arguments) = try Afmctl.program.parse(["--socket", socket, "bench"] + words) else {
      throw Failure(.internalError, "no command")
    }
    return (try Session(arguments, StandardOutput(descriptor: -1)), try LoadSettings(arguments))
  }

  /// A daemon with a limit of 30 instances a request does not refuse a load that keeps to it.
  @Test(arguments: [(1, 64), (30, 3), (1_000, 1)]) func aTrialSendsNoMoreAtOnceThanTheLoad(size: Int, requests: Int)
    throws
  {
    let daemon = try FakeDaemon([
      "POST /v1/score": (
        200,
        "{\"predictions\":[{\"score\":0.5,\"raw\":0,\"unknown\":3}],"
          + "\"model\":{\"name\":\"main\",\"lineage\":null,\"events_learned\":1,\"staleness_seconds\":null}}"
      )
    ])
    let folder = try TemporaryDirectory()
    let file = folder.path("events.ndjson")
    try Data(String(repeating: "{\"a\":1}\n", count: 100).utf8).write(to: URL(fileURLWithPath: file))
    let (session, settings) = try settings(
      ["--file", file, "--instances-per-request", "\(size)"], socket: daemon.socket)
    let instances = try LoadInstances(session, settings)
    #expect(instances.all.count == 100)
    #expect(instances.unknownPerInstance == 3)
    let sent = daemon.requests.map { $0.components(separatedBy: "\"a\"").count - 1 }
    #expect(sent.count == requests)
    #expect(sent.allSatisfy { $0 <= size })
    #expect(sent.reduce(0, +) == 64)
  }

  @Test func optionsHaveTheDefaultsOfTheDeclaration() throws {
    let (_, settings) = try settings(["--file", "events"], socket: "none")
    #expect(settings.rate == 1_000)
    #expect(settings.spacing == .poisson)
    #expect(settings.pipeline == 16)
    #expect(settings.connections == 1)
    #expect(settings.instancesPerRequest == 1)
    #expect(settings.spoken == .lines)
    #expect(settings.duration == 10_000_000_000)
    #expect(settings.warmUp == 1_000_000_000)
  }

  @Test func timesSayWhatTheyMayBe() throws {
    #expect(try settings(["--file", "events", "--warm-up", "0"], socket: "none").1.warmUp == 0)
    #expect(throws: Failure(.usage, "--warm-up is at most a day, not '25h'")) {
      try settings(["--file", "events", "--warm-up", "25h"], socket: "none")
    }
    #expect(throws: Failure(.usage, "--duration is more than nothing and at most a day, not '0'")) {
      try settings(["--file", "events", "--duration", "0"], socket: "none")
    }
  }
}
