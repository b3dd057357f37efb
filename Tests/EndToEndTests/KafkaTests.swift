import Foundation
import TestSupport
import Testing

/// Everything end to end runs one after the other: the machine's cores belong to the programs under test.
@Suite(.serialized, .enabled(if: Environment.offers(Environment.programs), "needs AFM_PROGRAMS"))
struct EndToEndTests {}

extension EndToEndTests {
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct KafkaTests {
    @Test(arguments: ["4.3", "3.9"])
    func everyFlightIsLearnedExactlyOnce(generation: String) throws {
      let broker = try KafkaBroker(generation: generation)
      try broker.createTopic("flights")
      try broker.produce(try Flights.file(), to: "flights")
      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.kafka(broker.bootstrap, topic: "flights")))
      try daemon.start()
      try daemon.waitUntilLearned(Flights.count)
      let status = try daemon.status()
      #expect(try status["events_learned"].number == Double(Flights.count))
      #expect(try status["records.rejected"].number == 0)
      let loss = try status["progressive.whole_run.loss"].number
      print("progressive log loss of \(Flights.count) flights through Kafka \(generation): \(loss)")
      #expect(loss <= 0.435)
      #expect(try daemon.terminate() == 0)
    }

    @Test(arguments: ["4.3", "3.9"])
    func aFittedModelGoesOnAtATimeOrAtOffsets(generation: String) throws {
      let folder = try TemporaryDirectory()
      let known = try Flights.file(first: 2000, in: folder)
      let broker = try KafkaBroker(generation: generation)
      try broker.createTopic("flights", partitions: 2)
      try broker.produce(known, to: "flights", partition: 0)
      usleep(20_000)
      let time = Date().ISO8601Format(.init(includingFractionalSeconds: true))
      usleep(20_000)
      try broker.produce(try Flights.file(first: 300, in: folder), to: "flights", partition: 1)
      let source = DaemonUnderTest.kafka(broker.bootstrap, topic: "flights")

      func fitted(_ source: String) throws -> DaemonUnderTest {
        let daemon = try DaemonUnderTest(.init(source: source))
        let words = ["fit", "--config", daemon.settings, "--train-file", known, "--output", daemon.state]
        try Program.output("afmctl", words)
        return daemon
      }

      // The settings say when: what came before was fitted.
      let timed = try fitted(source + "\n  start_from: \(time)")
      try timed.start()
      try timed.waitUntilLearned(2300)
      #expect(try timed.terminate() == 0)
      // Once: the position is in a snapshot now.
      try timed.start()
      #expect(try timed.status()["events_learned"].number == 2300)
      #expect(try timed.terminate() == 0)

      // An operator says where.
      let told = try fitted(source)
      try told.start()
      _ = try eventually("learning waits for a position") {
        try told.status()["learning.reason"].canonical.contains("positionLost") ? true : nil
      }
      for (impossible, why) in [("0:1990", "partition 1"), ("0:2001,1:0", "2001"), ("soon", "soon")] {
        let refused = try Program.run("afmctl", ["--socket", told.control, "resume", "--position", impossible])
        #expect(refused.status == (impossible == "soon" ? 64 : 1) && refused.errors.contains(why), "\(refused)")
      }
      try told.ctl("resume", "--position", "0:1990,1:295")
      try told.waitUntilLearned(2015)
      #expect(try told.status()["records.read"].number == 15)
      #expect(try told.terminate() == 0)

      let late = try fitted(source)
      try late.start()
      _ = try eventually("learning waits for a position") {
        try late.status()["learning.reason"].canonical.contains("positionLost") ? true : nil
      }
      try late.ctl("resume", "--position", time)
      try late.waitUntilLearned(2300)
      #expect(try late.terminate() == 0)
    }

    /// One broker for both, since it takes seconds to start.
    @Test func aTopicMadeAnewIsNoticedAndAnEndWithoutRecordsIsKept() throws {
      let folder = try TemporaryDirectory()
      let broker = try KafkaBroker()
      try aTopicMadeAnew(broker, folder)
      try anIdleTransaction(broker, folder)
    }

    private func aTopicMadeAnew(_ broker: KafkaBroker, _ folder: TemporaryDirectory) throws {
      try broker.createTopic("remade")
      try broker.produce(try Flights.file(first: 100, in: folder), to: "remade")
      let source = DaemonUnderTest.kafka(broker.bootstrap, topic: "remade") + "\n  partition_refresh: 500ms"
      let daemon = try DaemonUnderTest(.init(source: source))
      try daemon.start()
      try daemon.waitUntilLearned(100)
      try broker.tool("topics", ["--delete", "--topic", "remade"])
      try broker.createTopic("remade")
      // Other records, and more of them than there were.
      let all = try String(contentsOfFile: Flights.file(), encoding: .utf8).split(separator: "\n").suffix(300)
      let other = folder.path("other.ndjson")
      try Data((all.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: other))
      try broker.produce(other, to: "remade")
      // Told while the new topic is still shorter than the old one was, the position is lost; later it is another's.
      func hasStopped() throws -> Bool {
        let reason = try daemon.status()["learning.reason"].canonical
        return reason.contains("otherSource") || reason.contains("positionLost")
      }
      _ = try eventually("learning stops") { try hasStopped() ? true : nil }
      // It stays so after a kill.
      daemon.kill()
      try daemon.start()
      #expect(try hasStopped())
      let learned = try Int(daemon.status()["events_learned"].number)
      try daemon.ctl("resume", "--position", "earliest")
      try daemon.waitUntilLearned(learned + 300)
      #expect(try Int(daemon.status()["events_learned"].number) == learned + 300)
      #expect(try daemon.terminate() == 0)
    }

    private func anIdleTransaction(_ broker: KafkaBroker, _ folder: TemporaryDirectory) throws {
      try broker.createTopic("idle")
      try broker.tool(
        "producer-perf-test",
        [
          "--topic", "idle", "--num-records", "20", "--throughput", "-1", "--payload-file",
          try Flights.file(first: 20, in: folder), "--transactional-id", "x", "--transaction-duration-ms", "10000",
        ])
      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.kafka(broker.bootstrap, topic: "idle")))
      try daemon.start()
      try daemon.waitUntilLearned(20)
      try daemon.ctl("snapshot")
      _ = try eventually("the position is at the end") {
        try daemon.status()["source.partitions.0.next_offset"].canonical == "21" ? true : nil
      }
      #expect(try daemon.terminate() == 0)
      let request = folder.path("delete.json")
      try Data(#"{"partitions":[{"topic":"idle","partition":0,"offset":-1}],"version":1}"#.utf8)
        .write(to: URL(fileURLWithPath: request))
      try broker.tool("delete-records", ["--offset-json-file", request])
      try daemon.start()
      try daemon.waitUntilLearned(20)
      _ = try eventually("it is caught up") {
        try daemon.status()["source.lag"].canonical == "0" ? true : nil
      }
      #expect(try daemon.status()["learning.state"].canonical.contains("running"))
      #expect(try daemon.terminate() == 0)
    }
  }
}
