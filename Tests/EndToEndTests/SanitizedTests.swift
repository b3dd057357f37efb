import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// The way of an event with 5,000 flights: short enough for programs that a sanitizer has slowed down.
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct SanitizedTests {
    private let flight = """
      {"time":"2013-01-05T17:15:00-05:00","carrier":"UA","flight":"UA1545","tailnum":"N14228","origin":"EWR",\
      "dest":"IAH","distance":1400}
      """

    /// Learns from the embedded broker, scores, takes a snapshot, rolls back, is killed and goes on.
    @Test func theWayOfFiveThousandEventsIsClean() throws {
      let folder = try TemporaryDirectory()
      let events = try Flights.file(first: 5000, in: folder)
      let address = folder.path("bootstrap")
      let broker = try ChildProcess(
        path: try Program.path(of: "afm-broker"),
        arguments: ["--topic", "flights", "--partitions", "2", "--bootstrap-file", address],
        output: folder.path("broker.log"), errors: folder.path("broker.log"))
      let bootstrap = try eventually("the broker names its address") {
        try? String(contentsOfFile: address, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      }
      try Program.output("afmctl", ["produce", "--bootstrap", bootstrap, "--topic", "flights", "--file", events])

      let daemon = try DaemonUnderTest(
        .init(
          source: DaemonUnderTest.kafka(bootstrap, topic: "flights"), snapshots: "every_events: 1000",
          more: "learning: {table: {slots: 65536}}"))
      try daemon.start()
      for _ in 0..<20 {
        let answer = try daemon.curl("/v1/score", body: "{\"instances\":[\(flight)]}")
        #expect(try answer["predictions.0.score"].number > 0)
      }
      try daemon.waitUntilLearned(5000)
      let snapshot = try daemon.ctl("snapshot").trimmingCharacters(in: .whitespacesAndNewlines)
      let before = try daemon.curl("/v1/explain", body: "{\"instances\":[\(flight)]}")["pairs"].canonical
      try daemon.ctl("rollback", snapshot, "--position", "keep")
      #expect(try daemon.curl("/v1/explain", body: "{\"instances\":[\(flight)]}")["pairs"].canonical == before)
      daemon.kill()
      try daemon.start()
      #expect(try daemon.status()["events_learned"].number == 5000)
      #expect(try daemon.curl("/v1/explain", body: "{\"instances\":[\(flight)]}")["pairs"].canonical == before)
      #expect(try daemon.terminate() == 0)
      #expect(!daemon.log.contains("Sanitizer"), "\(daemon.log)")
      broker.signal(15)
      #expect(broker.wait() == 0)
    }
  }
}
