import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// State directories of an older version load and go on to the same bits.
  @Suite(.serialized)
  struct FixtureTests {
    /// The cluster that the positions of the Kafka fixture belong to.
    private static let cluster = "Zml4dHVyZXNvZmFmbWQwMQ"

    @Test(arguments: KeptState.names)
    func everySnapshotVerifiesAndExportsTheSameBytes(name: String) throws {
      let kept = try KeptState(name)
      let expected = try JSON(String(decoding: kept.expected(), as: UTF8.self))
      let folder = try TemporaryDirectory()
      func afmctl(_ arguments: String...) throws -> String {
        try Program.output("afmctl", ["snapshots"] + arguments + ["--directory", kept.state])
      }
      let path = folder.path("export.safetensors")
      _ = try afmctl("export", "current", path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == kept.loadedExport())

      let listed = try JSON(afmctl("list", "--json"))["snapshots"].elements
      #expect(try listed.map { $0["snapshot"].canonical }.sorted() == expected["exports"].members)
      for snapshot in listed {
        let id = snapshot["snapshot"].canonical
        _ = try afmctl("export", id, path)
        let sum = try Program.output("sha256sum", [path]).prefix(64)
        #expect(try String(sum) == expected["exports"][id].text, "snapshot \(id)")
      }
      let pinned = listed.filter { $0["pinned"].canonical == "true" }
      #expect(try pinned.map { try $0["snapshot"].number } == expected["pinned"].elements.map { try $0.number })
      _ = try afmctl("verify")
    }

    @Test(arguments: KeptState.names.filter { $0 != "partitions" })
    func aFileGoesOnToTheSameBits(name: String) throws {
      let kept = try KeptState(name)
      let folder = try TemporaryDirectory()
      let file = folder.path("events.ndjson")
      let (before, further) = try kept.records()
      let (old, new) = (try contents(before[0]), try contents(further[0]))
      let expected = try JSON(String(decoding: kept.expected(), as: UTF8.self))
      let follows = try String(contentsOfFile: kept.settings, encoding: .utf8).contains("follow: true")
      // What is not followed has to be there when it is read to its end.
      try (follows ? old : old + new).write(to: URL(fileURLWithPath: file))

      let daemon = try DaemonUnderTest(continuing: kept)
      try daemon.start(environment: ["FIXTURE_FILE": file])
      if expected["paused"].canonical == "true" {
        #expect(try daemon.status()["learning.state"].text == "paused")
        try daemon.ctl("resume")
      }
      if follows {
        try expectFacts(daemon, expected["killed"])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: new)
        try handle.close()
      }
      try expectEnd(daemon, kept, expected)
    }

    @Test(.enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
    func fourPartitionsGoOnToTheSameBits() throws {
      let kept = try KeptState("partitions")
      let expected = try JSON(String(decoding: kept.expected(), as: UTF8.self))
      let topic = try expected["topic"].text
      #expect(try expected["cluster"].text == Self.cluster)
      let broker = try KafkaBroker(cluster: Self.cluster)
      let (before, further) = try kept.records()
      try broker.createTopic(topic, partitions: before.count)
      for (partition, file) in before.enumerated() { try broker.produce(file, to: topic, partition: partition) }

      let daemon = try DaemonUnderTest(continuing: kept)
      try daemon.start(environment: ["KAFKA_BOOTSTRAP": broker.bootstrap])
      try expectFacts(daemon, expected["killed"])
      // One partition after the other, so that there is one order of what the journal does not hold.
      var count = try Int(expected["killed.records_read"].number)
      for (partition, file) in further.enumerated() {
        try broker.produce(file, to: topic, partition: partition)
        count += try contents(file).split(separator: UInt8(ascii: "\n")).count
        try daemon.waitUntilRead(count)
      }
      try expectEnd(daemon, kept, expected)
    }

    /// What lies ahead of a position and is not to be learned. That of which it is past may be listed or not.
    private func skipsAhead(_ manifest: JSON) throws -> [[Double]] {
      let skips = try manifest["skips"].elements.map { skip in
        try ["partition", "from", "to"].map { try skip[$0].number }
      }
      let next = try manifest["position.partitions"].elements.map { try $0["next_offset"].number }
      return skips.filter { $0[2] > next[Int($0[0])] }
    }

    private func contents(_ file: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: file))
    }

    /// Once the records that count are read, every figure is what it was.
    private func expectFacts(_ daemon: DaemonUnderTest, _ expected: JSON) throws {
      try daemon.waitUntilRead(Int(expected["records_read"].number))
      let status = try daemon.status()
      let places = [
        "records_read": "records.read", "records_learned": "records.learned", "rejected": "records.rejected_by_reason",
      ]
      for name in try expected.members where name != "position" && name != "skips" {
        #expect(expected[name].differences(in: status[places[name] ?? name]) == [])
      }
    }

    /// The model, the position and the counts are what they were when the older version had learned the same.
    private func expectEnd(_ daemon: DaemonUnderTest, _ kept: KeptState, _ expected: JSON) throws {
      try expectFacts(daemon, expected["end"])
      #expect(try daemon.terminate() == 0)
      #expect(try daemon.export() == kept.learnedExport())
      let shown = try JSON(
        Program.output("afmctl", ["snapshots", "show", "current", "--directory", daemon.state, "--json"]))
      // The mark tells where the journal stands, which a version may divide into other segments.
      for name in try expected["end.position"].members where name != "journal" {
        #expect(expected["end.position"][name].differences(in: shown["position"][name]) == [])
      }
      #expect(try skipsAhead(expected["end"]) == skipsAhead(shown))
      let listed = try JSON(
        Program.output("afmctl", ["snapshots", "list", "--directory", daemon.state, "--json"]))["snapshots"].elements
      let pinned = try listed.filter { $0["pinned"].canonical == "true" }.map { try $0["snapshot"].number }
      #expect(try pinned == expected["pinned"].elements.map { try $0.number })
      try Program.output("afmctl", ["snapshots", "verify", "--directory", daemon.state])
    }
  }
}
