import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct DeadLetterTests {
    /// Two thousand flights, of which every tenth is cut off.
    private func events(in folder: TemporaryDirectory) throws -> (path: String, broken: Int) {
      let good = try String(contentsOfFile: Flights.file(first: 2000, in: folder), encoding: .utf8)
      var broken = 0
      let lines = good.split(separator: "\n").enumerated().map { index, line in
        if index % 10 != 0 { return String(line) }
        broken += 1
        return String(line.dropLast(20))
      }
      let path = folder.path("events.ndjson")
      try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
      return (path, broken)
    }

    @Test func allArriveAlthoughTheirTopicWasMadeAfterAKill() throws {
      let folder = try TemporaryDirectory()
      let (path, broken) = try events(in: folder)
      let broker = try KafkaBroker(properties: ["auto.create.topics.enable=false"])
      try broker.createTopic("flights", partitions: 2)
      try broker.produce(path, to: "flights")
      let daemon = try DaemonUnderTest(
        .init(source: DaemonUnderTest.kafka(broker.bootstrap, topic: "flights") + "\n  dead_letter_topic: dead"))
      try daemon.start()
      try daemon.waitUntilRead(2000)
      // Neither learning nor a snapshot waits for a topic that is not there.
      try daemon.ctl("snapshot")
      daemon.kill()
      try broker.createTopic("dead", partitions: 3)
      try daemon.start()
      var keys: Set<Substring> = []
      _ = try eventually("all dead letters arrive") {
        let text = try Program.output(
          "kcat", ["-b", broker.bootstrap, "-C", "-e", "-q", "-t", "dead", "-o", "beginning", "-f", "%k\n"])
        keys = Set(text.split(separator: "\n"))
        return keys.count >= broken ? true : nil
      }
      #expect(keys.count == broken && keys.allSatisfy { $0.hasPrefix("flights/") })
      #expect(try daemon.status()["records.rejected"].number == Double(broken))
      #expect(try daemon.terminate() == 0)
    }
  }
}
