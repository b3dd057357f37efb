import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// The metrics say in numbers what the report says.
@Suite struct LearningMetricsTests {
  private func number(_ name: String, in text: String) throws -> Double {
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") }, "no \(name)")
    return try #require(line.split(separator: " ").last.flatMap { Double($0) })
  }

  @Test func sizesAndCountsAreThoseOfTheReport() throws {
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, MemoryLog.random(records: 200, partitions: 2, seed: 81))
    try harness.wait(records: 200)
    let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let report = try harness.report()
    let text = harness.metrics.text()
    let bytes = try #require(report.snapshots.lastBytes)
    let journal = try #require(report.journalBytes)
    let rows = try #require(report.snapshots.lastRows)
    let files = try #require(report.snapshots.lastFiles)
    #expect(bytes > 0 && journal > 0 && rows > 0 && files > 0)
    let expected: [(name: String, value: Double)] = [
      ("afm_journal_bytes", Double(journal)), ("afm_snapshot_bytes", Double(bytes)),
      ("afm_snapshot_rows", Double(rows)), ("afm_snapshot_files", Double(files)), ("afm_records_total", 200),
      ("afm_events_learned_total", Double(report.eventsLearned)),
      ("afm_table_claimed_slots", Double(report.table.claimed)), ("afm_learning_running", 1),
      ("afm_source_failing", 0),
    ]
    for (name, value) in expected {
      #expect(try number(name, in: text) == value, "\(name)")
    }
    try harness.stop()
  }
}
