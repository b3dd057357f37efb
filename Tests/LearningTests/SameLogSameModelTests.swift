import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

@Suite struct SameLogSameModelTests {
  /// Learns a log in one go.
  private func uninterrupted(_ log: MemoryLog, everyEvents: UInt64?) throws -> (Data, LearningReport) {
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, log, settings: Harness.settings(everyEvents: everyEvents))
    try harness.wait(records: log.count)
    let bits = try harness.bits(directory)
    let report = try harness.report()
    try harness.stop()
    return (bits, report)
  }

  @Test(arguments: [UInt64(1), 2, 3]) func killedAtAnyEventTheModelIsTheSame(seed: UInt64) throws {
    let log = MemoryLog.random(records: 600, seed: seed)
    let (bits, expected) = try uninterrupted(log, everyEvents: nil)
    var generator = TestGenerator(state: seed)
    let directory = try TemporaryDirectory()
    var kills = 0
    while true {
      let control = MemorySourceControl()
      let harness = try Harness(
        directory, log, control: control, seed: generator.next(), settings: Harness.settings(everyEvents: 50))
      if kills == 8 {
        let report = try harness.wait(records: log.count)
        #expect(report.run == expected.run && report.lastWindow == expected.lastWindow)
        #expect(report.rejected == expected.rejected && report.eventsLearned == expected.eventsLearned)
        #expect(report.position == expected.position)
        #expect(try harness.bits(directory) == bits)
        try harness.stop()
        break
      }
      let start = try harness.wait { $0.position != nil }.recordsRead
      let more = Int.random(in: 1...150, using: &generator)
      control.allow(more)
      try harness.wait(records: min(log.count, Int(start) + more))
      if kills % 3 == 0 { try harness.stop() } else { try harness.kill() }
      kills += 1
    }
  }

  @Test(arguments: [UInt64(4), 5]) func theJournalBringsBackTheOrderOfPartitions(seed: UInt64) throws {
    let log = MemoryLog.random(records: 500, partitions: 4, seed: seed)
    var generator = TestGenerator(state: seed)
    let directory = try TemporaryDirectory()
    let killed: (bits: Data, report: LearningReport)
    var kills = 0
    while true {
      let control = MemorySourceControl()
      let harness = try Harness(
        directory, log, control: control, seed: generator.next(), settings: Harness.settings(everyEvents: 60))
      if kills == 6 {
        try harness.wait(records: log.count)
        killed = (try harness.bits(directory), try harness.report())
        try harness.stop()
        break
      }
      let more = Int.random(in: 40...150, using: &generator)
      control.allow(more)
      // What was learned after the last snapshot is learned again, so progress is what the source delivered.
      try harness.wait { $0.isCaughtUp && control.delivered >= more || $0.recordsRead == UInt64(log.count) }
      try harness.kill()
      kills += 1
    }
    #expect(killed.report.recordsRead == UInt64(log.count))
    for partition in killed.report.position?.partitions ?? [] {
      #expect(partition.nextOffset == Int64(log.partitions[Int(partition.partition)].count))
      #expect(partition.recordsLearned == UInt64(log.partitions[Int(partition.partition)].count))
    }
    // A fresh directory with nothing but the journal, and a source that would interleave otherwise.
    let fresh = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: directory.path("journal"), toPath: fresh.path("journal"))
    let harness = try Harness(fresh, log, seed: 99)
    let report = try harness.wait(records: log.count)
    #expect(report.position?.checksumSum == killed.report.position?.checksumSum)
    #expect(report.run == killed.report.run)
    #expect(try harness.bits(fresh) == killed.bits)
    try harness.stop()
    // Without the journal the order is another, and so is the model.
    let other = try TemporaryDirectory()
    let shuffled = try Harness(other, log, seed: 99)
    let sum = try shuffled.wait(records: log.count).position?.checksumSum
    #expect(sum == killed.report.position?.checksumSum)
    #expect(try shuffled.bits(other) != killed.bits)
    try shuffled.stop()
  }

  @Test func snapshotsAreTakenExactlyAtMultiples() throws {
    let log = MemoryLog.random(records: 300, seed: 8)
    let directory = try TemporaryDirectory()
    let control = MemorySourceControl()
    control.allow(0)
    let harness = try Harness(directory, log, control: control, settings: Harness.settings(everyEvents: 40))
    try harness.wait { $0.snapshots.written == 1 }
    // In steps that let one snapshot become durable before the next falls due; the last step holds several.
    for count in [30, 60, 90, 130, 300] {
      control.allow(count)
      try harness.wait { $0.recordsRead == UInt64(count) && $0.isCaughtUp && !$0.snapshots.isRunning }
    }
    try harness.stop()
    let manifests = try harness.archive.ids().map { try harness.archive.manifest($0) }
    #expect(manifests.first?.reason == .start && manifests.last?.reason == .shutdown)
    let interval = manifests.filter { $0.reason == .interval }
    #expect(interval.count >= 3 && interval.allSatisfy { $0.eventsLearned % 40 == 0 })
    #expect(
      UInt64(interval.count) + harness.lastReport.snapshots.skipped
        == harness.lastReport.eventsLearned / 40)
  }
}
