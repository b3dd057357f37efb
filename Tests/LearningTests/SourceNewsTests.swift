import EventSources
import Foundation
import Glibc
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// What the source says of the position beside records, and when it has to be compared with what was learned.
@Suite struct SourceNewsTests {
  private func tell(_ news: SourceNews, _ control: MemorySourceControl) {
    control.state.withLock { $0.news.append(news) }
  }

  @Test func aToldEndIsInTheSnapshotOfTheShutdownAlone() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, seed: 61)
    let harness = try Harness(directory, log)
    try harness.wait(records: 100)
    let before: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    tell(.reachedEnds([0: 105]), harness.control)
    let report = try harness.wait { $0.position?[0]?.nextOffset == 105 }
    #expect(report.recordsRead == 100 && report.position?[0]?.lastRecord == before.position?[0]?.lastRecord)
    // Told again, as by a source that was started again, it moves nothing; nor does an earlier one.
    tell(.reachedEnds([0: 101]), harness.control)
    while !harness.control.state.withLock({ $0.news.isEmpty }) { sched_yield() }
    #expect(try harness.report().position?[0]?.nextOffset == 105)
    #expect(try harness.report().currentSnapshot == before.id)
    try harness.stop()
    let current = try #require(try harness.archive.currentID())
    let manifest = try harness.archive.manifest(current)
    #expect(current != before.id && manifest.position?[0]?.nextOffset == 105)
    // Nothing moved since: no further snapshot.
    let again = try Harness(directory, log)
    try again.wait { $0.isCaughtUp }
    try again.stop()
    #expect(try again.archive.currentID() == current)
  }

  @Test func theEndOfAQuietPartitionSurvivesAKill() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, partitions: 2, seed: 62)
    let ends = log.partitions.map { Int64($0.count) }
    var settings = Harness.settings()
    settings.unnotedEndsSeconds = 0
    let harness = try Harness(directory, log, settings: settings)
    try harness.wait(records: 100)
    let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let path = directory.path("journal/0000000000.log")
    func size() throws -> Int { try Data(contentsOf: URL(fileURLWithPath: path)).count }
    let length = try size()
    tell(.reachedEnds([1: ends[1] + 3]), harness.control)
    while try size() == length { sched_yield() }
    try harness.kill()
    let control = MemorySourceControl()
    // What lay before it has expired.
    control.state.withLock { $0.earliest = [1: ends[1] + 3] }
    let again = try Harness(directory, log, control: control)
    let report = try again.wait { $0.isCaughtUp || $0.condition != .running }
    #expect(report.condition == .running && report.position?[1]?.nextOffset == ends[1] + 3)
    #expect(report.recordsRead == 100)
    try again.stop()
  }

  @Test func theJournalSaysWhereAFreshStartBegan() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, partitions: 2, seed: 63)
    let control = MemorySourceControl()
    control.state.withLock { $0.begins = 5 }
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 90)
    try harness.kill()
    let runs = try OrderJournal(directory: directory.path("journal")).resume(after: .beginning)
    #expect(
      Array(runs.prefix(2)) == (0..<2).map { JournalRun(partition: $0, nextOffset: 5, count: 0) })
    #expect(runs.dropFirst(2).allSatisfy { $0.count > 0 })
  }

  @Test func aSourceThatMayBeAnotherIsStartedAgainBeforeItDelivers() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, seed: 64)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    control.state.withLock {
      $0.problem = SourceProblem(.missing, "it is not there", isTransient: true, needsRestart: true)
    }
    // Were more allowed at once, a call that was under way could still deliver some.
    try harness.wait { _ in control.starts.count == 2 }
    control.allow(.max)
    try harness.wait(records: 300)
    #expect(control.starts.count == 2 && control.starts[1]?[0]?.nextOffset == 100)
    try harness.stop()
  }

  @Test func aResumeComparesTheSourceFirst() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, seed: 65)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    let _: LearningReport = try harness.wait { harness.service.pause($0) }
    control.state.withLock {
      $0.allowed = .max
      $0.failsToStart = SourceProblem(.otherSource, "another topic")
    }
    let _: LearningReport = try harness.wait { harness.service.resume($0) }
    let report = try harness.wait { $0.condition != .running }
    #expect(report.condition == .stopped(.otherSource, detail: "another topic") && report.recordsRead == 100)
    try harness.stop()
  }

  @Test func aStopNamesTheLastCheckAndTheSnapshotBeforeIt() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, seed: 66)
    let control = MemorySourceControl()
    control.allow(40)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 40)
    let good: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(50)
    let checked = try #require(try harness.wait(records: 50).position?[0]?.lastRecord)
    tell(.checked(SourceCheck(milliseconds: 0, records: [0: checked])), control)
    try harness.wait { $0.position?[0]?.lastChecked == checked }
    control.allow(100)
    try harness.wait(records: 100)
    let late: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    #expect(late.position?[0]?.lastChecked == checked)
    control.state.withLock {
      $0.failsToStart = SourceProblem(.otherSource, "another topic")
      $0.problem = SourceProblem(.unreadable, "it may be another", isTransient: true, needsRestart: true)
    }
    guard case .stopped(.otherSource, let detail) = try harness.wait(until: { $0.condition != .running }).condition
    else {
      Issue.record("learning goes on")
      return
    }
    #expect(detail.contains("1970-01-01T00:00:00Z, after offset 49 of partition 0"))
    #expect(detail.contains("offsets 50 to 99 of partition 0") && detail.contains("Snapshot \(good.id) is the newest"))
    try harness.stop()
  }
}
