import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// The model after event n is the same to the last bit however often the daemon was killed on the way.
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct RestartTests {
    private static let snapshots = """
      every: null
      every_events: 5000
      full_after_share: 10
      full_after_count: 6
      journal: whole
      """

    /// Kills the daemon whenever it has passed one of the event numbers; then lets it learn to the end.
    private func killAndLearn(_ daemon: DaemonUnderTest, at numbers: [Int], until count: Int) throws {
      for number in numbers {
        try daemon.start()
        try daemon.waitUntilRead(number)
        daemon.kill()
      }
      try daemon.start()
      try daemon.waitUntilRead(count)
    }

    /// What must not depend on kills: metrics and counters.
    private func facts(_ daemon: DaemonUnderTest) throws -> [String] {
      let status = try daemon.status()
      return ["progressive", "records.rejected_by_reason", "records.learned", "table", "events_learned", "waiting"].map
      {
        status[$0].canonical
      }
    }

    /// The oldest snapshot that builds on others, once none is being written.
    private func oldestOfAChain(_ daemon: DaemonUnderTest) throws -> String {
      let snapshots = try eventually("no snapshot is being written") { () throws -> [JSON]? in
        guard try daemon.status()["snapshots.running"].canonical == "false" else { return nil }
        return try JSON(daemon.ctl("snapshots", "list", "--json"))["snapshots"].elements
      }
      let chained = try snapshots.filter { try $0["files"].number > 1 }
      return try #require(chained.first)["snapshot"].canonical
    }

    private func killNumbers(below count: Int) -> [Int] {
      (0..<20).map { _ in Int.random(in: 0..<count) }.sorted()
    }

    @Test func twentyKillsOnOnePartitionChangeNoByte() throws {
      let broker = try KafkaBroker()
      try broker.createTopic("flights")
      try broker.produce(try Flights.file(), to: "flights")
      let settings = DaemonUnderTest.Settings(
        source: DaemonUnderTest.kafka(broker.bootstrap, topic: "flights"), snapshots: Self.snapshots)

      let calm = try DaemonUnderTest(settings)
      try calm.start()
      try calm.waitUntilLearned(Flights.count)
      let expected = try facts(calm)
      #expect(try calm.terminate() == 0)

      let killed = try DaemonUnderTest(settings)
      let numbers = killNumbers(below: Flights.count)
      print("killed after", numbers)
      try killAndLearn(killed, at: numbers, until: Flights.count)
      #expect(try facts(killed) == expected)
      #expect(try killed.terminate() == 0)
      #expect(try killed.export() == calm.export())
    }

    @Test func twentyKillsWhileEventsWaitForTheirLabelsChangeNoByte() throws {
      let broker = try KafkaBroker()
      try broker.createTopic("flights")
      try broker.produce(try Flights.file(), to: "flights")
      let settings = DaemonUnderTest.Settings(
        source: DaemonUnderTest.kafka(broker.bootstrap, topic: "flights"), snapshots: Self.snapshots,
        more: "learning: {label_delay: 6h}\nprogressive_validation: {slices: [carrier, origin], slice_values: 10}")

      let calm = try DaemonUnderTest(settings)
      try calm.start()
      try calm.waitUntilRead(Flights.count)
      let expected = try facts(calm)
      let status = try calm.status()
      let waiting = try status["waiting.events"].number
      #expect(waiting > 0)
      #expect(try status["events_learned"].number + waiting == Double(Flights.count))
      #expect(try calm.terminate() == 0)

      let killed = try DaemonUnderTest(settings)
      try killAndLearn(killed, at: killNumbers(below: Flights.count), until: Flights.count)
      #expect(try facts(killed) == expected)
      #expect(try killed.terminate() == 0)
      #expect(try killed.export() == calm.export())
    }

    @Test func killsWhileNegativesAreDrawnChangeNoByte() throws {
      // Late flights alone get negatives: flights to other destinations than the carrier's last ones.
      let settings = DaemonUnderTest.Settings(
        source: DaemonUnderTest.file(try Flights.file()), snapshots: Self.snapshots,
        more: """
          learning: {negative_sampling: {field: dest, with: [distance], user: carrier, recent: 8}}
          progressive_validation: {ranking_candidates: 20}
          """)
      func figures(_ daemon: DaemonUnderTest) throws -> [String] {
        try facts(daemon) + [daemon.status()["sampling"].canonical]
      }
      let calm = try DaemonUnderTest(settings)
      try calm.start()
      try calm.waitUntilLearned(Flights.count)
      let expected = try figures(calm)
      let status = try calm.status()
      #expect(try status["sampling.negatives"].number > 100_000)
      #expect(try status["progressive.whole_run.ranking.events"].number > 1_000)
      #expect(try calm.terminate() == 0)
      let killed = try DaemonUnderTest(settings)
      try killAndLearn(killed, at: Array(killNumbers(below: Flights.count).prefix(5)), until: Flights.count)
      #expect(try figures(killed) == expected)
      #expect(try killed.terminate() == 0)
      #expect(try killed.export() == calm.export())
    }

    @Test func fourPartitionsAreReplayedInTheOrderOfTheJournal() throws {
      let broker = try KafkaBroker()
      try broker.createTopic("flights", partitions: 4)
      try broker.produce(try Flights.file(), to: "flights")
      let settings = DaemonUnderTest.Settings(
        source: DaemonUnderTest.kafka(broker.bootstrap, topic: "flights"), snapshots: Self.snapshots)

      let killed = try DaemonUnderTest(settings)
      try killAndLearn(killed, at: killNumbers(below: Flights.count), until: Flights.count)
      #expect(try killed.status()["events_learned"].number == Double(Flights.count))
      let expected = try facts(killed)
      #expect(try killed.terminate() == 0)

      // A fresh state directory with nothing but the journal learns the same records in the same order.
      let replayed = try DaemonUnderTest(settings)
      try FileManager.default.createDirectory(atPath: replayed.state, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: killed.state + "/journal", toPath: replayed.state + "/journal")
      try replayed.start()
      try replayed.waitUntilLearned(Flights.count)
      #expect(try facts(replayed) == expected)
      #expect(try replayed.terminate() == 0)
      #expect(try replayed.export() == killed.export())
      #expect(try checksumSum(replayed) == checksumSum(killed))

      // Each record once, whatever the order: the sum is that of the file.
      #expect(try checksumSum(killed) == checksumSumOfTheFile())
    }

    @Test func killsWhileLearningAFileChangeNoByte() throws {
      let settings = DaemonUnderTest.Settings(
        source: DaemonUnderTest.file(try Flights.file()), snapshots: Self.snapshots)
      let calm = try DaemonUnderTest(settings)
      try calm.start()
      try calm.waitUntilLearned(Flights.count)
      let expected = try facts(calm)
      #expect(try calm.terminate() == 0)
      let killed = try DaemonUnderTest(settings)
      try killAndLearn(killed, at: Array(killNumbers(below: Flights.count).prefix(5)), until: Flights.count)
      #expect(try facts(killed) == expected)

      // Back to the oldest snapshot that builds on others, killed on the way, and up again.
      try killed.ctl("rollback", oldestOfAChain(killed), "--position", "rewind")
      killed.kill()
      try killed.start()
      try killed.waitUntilLearned(Flights.count)
      #expect(try facts(killed) == expected)
      #expect(try killed.terminate() == 0)
      #expect(try killed.export() == calm.export())
      try Program.output("afmctl", ["snapshots", "verify", "--directory", killed.state])
    }
  }
}

/// The sum over the partitions of the checksums of every record learned, as the newest manifest keeps it.
func checksumSum(_ daemon: DaemonUnderTest) throws -> UInt64 {
  let shown = try JSON(
    Program.output("afmctl", ["snapshots", "show", "current", "--directory", daemon.state, "--json"]))
  return try shown["position.partitions"].elements.reduce(0) { sum, partition in
    guard let value = UInt64(try partition["checksum_sum"].text, radix: 16) else {
      throw Program.Failure(description: "no checksum in \(shown.canonical)")
    }
    return sum &+ value
  }
}

/// The sum for the flights learned from a file, where no broker could lose or repeat one.
private func checksumSumOfTheFile() throws -> UInt64 {
  let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.file(try Flights.file())))
  try daemon.start()
  try daemon.waitUntilLearned(Flights.count)
  guard try daemon.terminate() == 0 else { throw Program.Failure(description: daemon.log) }
  return try checksumSum(daemon)
}
