import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  @Suite(.serialized) struct MemoryTests {
    private static let slots = 1 << 18

    @Test func aFullTableTakesTheMemoryThatTheCheckPredicts() throws {
      let folder = try TemporaryDirectory()
      let events = try distinctFeatures(in: folder.path("events.ndjson"))
      let daemon = try DaemonUnderTest(
        .init(
          source: DaemonUnderTest.file(folder.path("events.ndjson"), follow: true),
          more: "learning: {table: {slots: \(Self.slots)}}"))
      let predicted = try sum(daemon.check())
      try daemon.start()
      try daemon.waitUntilLearned(events)
      let status = try daemon.status()
      #expect(try status["table.claimed"].number > 0.95 * Double(Self.slots))
      // A snapshot, which goes through buffers that are counted too, takes nothing beside them.
      try daemon.ctl("snapshot")
      let resident = try daemon.peakBytes()
      #expect(abs(predicted / resident - 1) <= 0.1, "predicted \(predicted), at most \(resident)")
      #expect(resident <= Double(160 * Self.slots) + 64e6)
    }

    @Test func rollbacksTakeTheMemoryThatTheCheckPredicts() throws {
      let slots = 1 << 19
      let folder = try TemporaryDirectory()
      let events = try distinctFeatures(in: folder.path("events.ndjson"), slots: slots)
      let daemon = try DaemonUnderTest(
        .init(
          source: DaemonUnderTest.file(folder.path("events.ndjson"), follow: true),
          more: "learning: {table: {slots: \(slots)}}"))
      let predicted = try sum(daemon.check(), line: "during a rollback")
      try daemon.start()
      try daemon.waitUntilLearned(events)
      let snapshot = try daemon.ctl("snapshot").trimmingCharacters(in: .whitespacesAndNewlines)
      for round in 0..<6 {
        try daemon.ctl("rollback", snapshot, "--position", round % 2 == 0 ? "keep" : "rewind")
      }
      let peak = try daemon.peakBytes()
      print("six rollbacks: predicted \(predicted / 1_048_576) MiB, at most \(peak / 1_048_576) MiB")
      // A third model would be 80 MiB.
      #expect(peak <= predicted, "predicted \(predicted), at most \(peak)")
    }

    /// Writes events of five features that no other event has, a third more of them than the table has slots.
    private func distinctFeatures(in path: String, slots: Int = Self.slots) throws -> Int {
      let events = slots * 4 / 3 / 5
      var text = ""
      for event in 0..<events {
        text += """
          {"label":\(event % 3 == 0 ? 1 : 0),"carrier":\(event),"flight":\(event),"tailnum":\(event),\
          "origin":\(event),"dest":\(event)}

          """
      }
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return events
    }

    /// The bytes of the line `123.4 MiB  in all`, or of another one.
    private func sum(_ check: String, line name: String = "in all") throws -> Double {
      let line = try #require(check.split(separator: "\n").first { $0.contains("MiB  " + name) })
      let number = try #require(line.split(separator: " ").first.flatMap { Double($0) })
      return number * 1_048_576
    }
  }
}
