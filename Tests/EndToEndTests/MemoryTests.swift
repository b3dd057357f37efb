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
      let resident = try status["resident_bytes"].number
      #expect(abs(predicted / resident - 1) <= 0.1, "predicted \(predicted), resident \(resident)")
      #expect(resident <= Double(160 * Self.slots) + 64e6)
    }

    /// Writes events of five features that no other event has, a third more of them than the table has slots.
    private func distinctFeatures(in path: String) throws -> Int {
      let events = Self.slots * 4 / 3 / 5
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

    /// The bytes of the line `123.4 MiB  in all`.
    private func sum(_ check: String) throws -> Double {
      let line = try #require(check.split(separator: "\n").first { $0.hasSuffix("MiB  in all") })
      let number = try #require(line.split(separator: " ").first.flatMap { Double($0) })
      return number * 1_048_576
    }
  }
}
