import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// Where learning goes on when its position, or the order that it had, is gone.
@Suite struct MissingPositionTests {
  private func settings(_ policy: MissingPositionPolicy) -> LearningSettings {
    var settings = Harness.settings()
    settings.onMissingPosition = policy
    return settings
  }

  /// A state directory of which 100 records were learned, and a control whose source has lost some of the rest.
  private func lost(_ directory: TemporaryDirectory, _ log: MemoryLog) throws -> MemorySourceControl {
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    try harness.stop()
    let lost = MemorySourceControl()
    lost.state.withLock { $0.earliest = [0: 120, 1: 130] }
    return lost
  }

  @Test(arguments: [MissingPositionPolicy.earliest, .latest])
  func theSettingsMayChoose(policy: MissingPositionPolicy) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, partitions: 2, seed: 51)
    let control = try lost(directory, log)
    let left =
      policy == .latest ? 0 : log.partitions[0].count - 120 + log.partitions[1].count - 130
    let harness = try Harness(directory, log, control: control, settings: settings(policy))
    let report = try harness.wait {
      $0.recordsRead == UInt64(100 + left) && $0.isCaughtUp
        && $0.position?[0]?.nextOffset == Int64(log.partitions[0].count)
    }
    #expect(report.condition == .running && report.sourceProblem == nil)
    try harness.wait { $0.snapshots.written > 0 && !$0.snapshots.isRunning }
    try harness.kill()
    // It was saved, and has not to be chosen again.
    let again = try Harness(directory, log, control: control)
    #expect(try again.wait(records: 100 + left).condition == .running)
    try again.stop()
  }

  @Test func aChoiceThatFailsStopsLearning() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, partitions: 2, seed: 52)
    let control = try lost(directory, log)
    control.state.withLock { $0.failsToStart = SourceProblem(.otherSource, "another topic") }
    let harness = try Harness(directory, log, control: control, settings: settings(.earliest))
    let report = try harness.wait { $0.condition != .running }
    #expect(report.condition == .stopped(.otherSource, detail: "another topic"))
    try harness.kill()
  }

  @Test func aJournalThatCannotBeReadWaitsForAnOperator() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, partitions: 2, seed: 53)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(.max)
    try harness.wait { $0.recordsRead >= 200 }
    try harness.kill()
    // Two more segments, of which the first is then missing in the middle of the way.
    let journal = try OrderJournal(directory: directory.path("journal"))
    for place in [JournalMark(segment: 0, records: 150), JournalMark(segment: 1, records: 1)] {
      try journal.branch(after: place, at: nil)
      try journal.append(partition: 0, nextOffset: -1, count: 1)
      try journal.sync()
    }
    try FileManager.default.removeItem(atPath: directory.path("journal/0000000001.log"))
    let again = try Harness(directory, log)
    let report = try again.wait { $0.condition != .running || $0.isCaughtUp || $0.sourceProblem != nil }
    #expect(report.condition.needsPosition && report.recordsRead == 100)
    let _: LearningReport = try again.wait { again.service.resume(at: .earliest, $0) }
    try again.wait(records: 300)
    try again.stop()
  }

  /// A snapshot that was asked for before the source ever started has no position.
  @Test func whereAFreshStartBeginsIsDurableWhateverWasAskedBefore() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, partitions: 1, seed: 54)
    let control = MemorySourceControl()
    control.allow(0)
    control.state.withLock { $0.holdsStarts = true }
    let harness = try Harness(directory, log, control: control)
    let early: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    #expect(early.position == nil)
    control.state.withLock { $0.holdsStarts = false }
    try harness.wait { $0.isCaughtUp }
    try harness.wait { $0.snapshots.written == 2 }
    try harness.kill()
    let again = try Harness(directory, log, control: control)
    try again.wait { $0.isCaughtUp }
    #expect(control.starts.count == 2)
    #expect(control.starts.last??.partitions == harness.lastReport.position?.partitions)
    try again.kill()
  }

  @Test func noRecordCountsBeforeItsStartIsDurable() throws {
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, MemoryLog.random(records: 3000, partitions: 1, seed: 55))
    let report = try harness.wait { $0.recordsRead > 0 }
    #expect(report.snapshots.written > 0)
    try harness.kill()
  }
}
