import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// Checks by programs that `make verify` brings: they say whether what the product gives to others is well formed.
  @Suite(
    .serialized, .enabled(if: Environment.requiresAll || Environment.value(of: "AFM_TOOLS") != nil, "needs AFM_TOOLS"))
  struct VerifyTests {
    private let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    /// A program of the virtual environment or of the tools that `make verify` set up.
    private func tool(_ name: String) throws -> String {
      for variable in ["AFM_TOOLS", "AFM_PYTHON_PROGRAMS"] {
        if let path = Environment.value(of: variable).map({ "\($0)/\(name)" }),
          FileManager.default.isExecutableFile(atPath: path)
        {
          return path
        }
      }
      return try Program.path(of: name)
    }

    @Test func promtoolAcceptsTheMetrics() throws {
      let folder = try TemporaryDirectory()
      let daemon = try DaemonUnderTest(
        .init(source: DaemonUnderTest.file(try Flights.file(first: 2000, in: folder))))
      try daemon.start()
      try daemon.waitUntilLearned(2000)
      let metrics = try Program.output("curl", ["-sS", "--unix-socket", daemon.score, "http://afmd/metrics"])
      #expect(metrics.contains("afm_events_learned_total"))
      let answer = try Program.run(tool("promtool"), ["check", "metrics"], input: Data(metrics.utf8))
      #expect(answer.status == 0, "\(answer.output)\(answer.errors)")
      #expect(try daemon.terminate() == 0)
    }

    @Test func systemdAcceptsTheUnitAndFindsItHardened() throws {
      let folder = try TemporaryDirectory()
      let unit = try String(contentsOf: repository.appendingPathComponent("Systemd/afmd.service"), encoding: .utf8)
      let program = try Program.path(of: "afmd")
      let copy = unit.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        line.hasPrefix("ExecStart=") ? "ExecStart=\(program) --config /etc/afmd.yaml" : String(line)
      }.joined(separator: "\n")
      let path = folder.path("afmd.service")
      try Data(copy.utf8).write(to: URL(fileURLWithPath: path))
      let verified = try Program.run("systemd-analyze", ["verify", "--man=no", path])
      #expect(verified.status == 0)
      #expect(verified.output + verified.errors == "")
      let security = try Program.run(
        "systemd-analyze", ["security", "--offline=true", "--threshold=20", "--no-pager", path])
      print(security.output.split(separator: "\n").last ?? "")
      #expect(security.status == 0, "\(security.output)\(security.errors)")
    }

    @Test func theOpenAPIDocumentIsValid() throws {
      let document = repository.appendingPathComponent("Docs/openapi.yaml").path
      let answer = try Program.run(tool("openapi-spec-validator"), [document])
      #expect(answer.status == 0, "\(answer.output)\(answer.errors)")
    }

    @Test func numPyRecomputesAScoreFromAnExport() throws {
      let folder = try TemporaryDirectory()
      let daemon = try DaemonUnderTest(
        .init(source: DaemonUnderTest.file(try Flights.file(first: 5000, in: folder))))
      try daemon.start()
      try daemon.waitUntilLearned(5000)
      let flight = try Program.output("sed", ["-n", "5001p", try Flights.file()])
      let explanation = try daemon.curl("/v1/explain", body: "{\"instances\":[\(flight)]}")
      #expect(try daemon.terminate() == 0)
      let export = folder.path("model.safetensors")
      try Data(try daemon.export()).write(to: URL(fileURLWithPath: export))
      let events = folder.path("events.json")
      try Data("[\(explanation["terms"].canonical)]".utf8).write(to: URL(fileURLWithPath: events))
      let script = repository.appendingPathComponent("Tests/Python/recompute_score.py").path
      let answer = try Program.output(tool("python"), [script, export, events])
      let raw = try explanation["raw"].number
      print("NumPy \(answer.trimmingCharacters(in: .whitespacesAndNewlines)), afmd \(raw)")
      #expect(try abs(JSON(answer).number - raw) <= 1e-5 * max(1, abs(raw)))
    }

    @Test func theSameProgramWorksWithACurrentLibrdkafka() throws {
      let libraries = try #require(Environment.value(of: "AFM_CURRENT_LIBRDKAFKA"))
      let broker = try KafkaBroker()
      try broker.createTopic("flights")
      try broker.produce(try Flights.file(), to: "flights")
      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.kafka(broker.bootstrap, topic: "flights")))
      try daemon.start(environment: ["LD_LIBRARY_PATH": libraries])
      try daemon.waitUntilLearned(Flights.count)
      #expect(try daemon.status()["events_learned"].number == Double(Flights.count))
      #expect(try daemon.terminate() == 0)
      let version = daemon.log.split(separator: "\n").first { $0.contains("librdkafka") }
      print(version ?? "the log names no librdkafka")
      #expect(version?.contains("2.0.2") == false)
    }
  }
}
