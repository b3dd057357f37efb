import DurableFiles
import EventSources
import Foundation
import Glibc
import LiveModel
import SnapshotStore
import TestSupport
import Testing
import Threads

@testable import Learning

@Suite struct LearningControlTests {
  @Test func aPauseHoldsTheSourceBackAndSurvivesARestart() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 2000, seed: 31)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    let _: LearningReport = try harness.wait { harness.service.pause($0) }
    control.allow(.max)
    // The queue fills, and then the source is left alone.
    while harness.service.queue.waiting < harness.service.queue.capacity { sched_yield() }
    #expect(try harness.report().recordsRead == 100)
    #expect(control.delivered <= 100 + 3 * 20)
    try harness.stop()
    let again = try Harness(directory, log)
    #expect(try again.report().condition == .paused)
    while again.service.queue.waiting < again.service.queue.capacity { sched_yield() }
    #expect(try again.report().recordsRead == 100)
    let resumed: LearningReport = try again.wait { again.service.resume($0) }
    #expect(resumed.condition == .running)
    try again.wait(records: 2000)
    try again.stop()
  }

  @Test func rejectedRecordsAreCountedAndPassed() throws {
    let directory = try TemporaryDirectory()
    var log = MemoryLog(partitions: 1)
    let good = "{\"label\":1,\"user\":1,\"item\":2,\"hour\":3,\"time\":12}"
    let records = [
      good, "{\"label\":1", "", "{\"user\":1}", "{\"label\":7}", good, "[1]",
      "{\"label\":1,\"importance\":3e38,\"user\":1,\"item\":2}", "{\"label\":0,\"importance\":-1}", good,
    ]
    for record in records { log.append(record) }
    let harness = try Harness(directory, log)
    let report = try harness.wait(records: records.count)
    #expect(report.eventsLearned == 3)
    #expect(
      report.rejected.byName == [
        "bad_json": 1, "empty": 1, "no_label": 1, "bad_label": 1, "not_an_object": 1, "not_finite_gradient": 1,
        "bad_importance": 1,
      ])
    #expect(report.position?[0]?.nextOffset == 10 && report.recordsRead == 10)
    #expect(report.newestEventTime == 12)
    try harness.stop()
    let again = try Harness(directory, log)
    #expect(try again.report().rejected == report.rejected)
    try again.stop()
    let lines = try String(contentsOfFile: directory.path("quarantine"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 8)
    #expect(lines.dropFirst().map { $0.contains("\"offset\":") }.allSatisfy { $0 })
    #expect(lines.last?.contains("\"offset\":8,\"reason\":\"bad_importance\"") == true)
    #expect(lines.contains { $0.contains("not_finite_gradient") && $0.contains("3e38") })
  }

  @Test func whatIsLearnedAgainIsQuarantinedOnce() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 200, seed: 40, badEvery: 5)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(150)
    #expect(try harness.wait(records: 150).rejected.total == 30)
    try harness.kill()
    let again = try Harness(directory, log)
    try again.wait(records: 200)
    try again.stop()
    let lines = try String(contentsOfFile: directory.path("quarantine"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 1 + 40)
  }

  @Test func aLostPositionStopsLearningUntilOneIsChosen() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, partitions: 2, seed: 33)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    try harness.stop()
    let lost = MemorySourceControl()
    lost.state.withLock { $0.earliest = [0: 120, 1: 130] }
    let second = try Harness(directory, log, control: lost)
    let stopped = try second.wait { $0.condition != .running }
    #expect(stopped.condition.needsPosition && stopped.recordsRead == 100)
    #expect(throws: LearningProblem.self) {
      let _: LearningReport = try second.wait { second.service.resume($0) }
    }
    try second.kill()
    // The state survives; the source is not even asked.
    let third = try Harness(directory, log, control: lost)
    #expect(try third.report().condition.needsPosition)
    let resumed: LearningReport = try third.wait { third.service.resume(at: .earliest, $0) }
    #expect(resumed.condition == .running)
    let left = log.partitions[0].count - 120 + log.partitions[1].count - 130
    let learned = try third.wait(records: 100 + left)
    #expect(learned.recordsRead == UInt64(100 + left))
    try third.wait { !$0.snapshots.isRunning }
    try third.kill()
    let fourth = try Harness(directory, log, control: lost)
    let report = try fourth.wait(records: 100 + left)
    #expect(report.condition == .running && report.position == learned.position)
    try fourth.stop()
  }

  /// What is answered with a failure has no effect: the place that was chosen is not taken either.
  @Test func aResumeThatCannotBeRecordedChoosesNoPlace() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, partitions: 2, seed: 33)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    try harness.stop()
    let lost = MemorySourceControl()
    lost.state.withLock { $0.earliest = [0: 120, 1: 130] }
    let second = try Harness(directory, log, control: lost)
    try second.wait { $0.condition != .running }
    let lineage = directory.path("snapshots/lineage.log")
    FileFaults.with({ operation, path in operation == "write" && path == lineage ? ENOSPC : nil }) {
      let problem = #expect(throws: LearningProblem.self) {
        let _: LearningReport = try second.wait { second.service.resume(at: .latest, $0) }
      }
      #expect(problem?.kind == .storage)
    }
    let report = try second.report()
    #expect(report.condition.needsPosition && report.recordsRead == 100)
    #expect(report.problems.contains { $0.code == .source })
    let _: LearningReport = try second.wait { second.service.resume(at: .earliest, $0) }
    let left = log.partitions[0].count - 120 + log.partitions[1].count - 130
    #expect(try second.wait(records: 100 + left).recordsRead == UInt64(100 + left))
    try second.stop()
  }

  @Test func aSourceThatCannotBeReachedIsTriedAgain() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 50, seed: 34)
    let control = MemorySourceControl()
    control.state.withLock { $0.failsToStart = SourceProblem(.unreachable, "no broker", isTransient: true) }
    let harness = try Harness(directory, log, control: control)
    try harness.wait { $0.sourceProblem != nil }
    control.state.withLock { $0.failsToStart = nil }
    let report = try harness.wait(records: 50)
    #expect(report.sourceProblem == nil && report.condition == .running)
    try harness.stop()
  }

  @Test func aSnapshotThatCannotBeWrittenIsTriedAgainAndLearningGoesOn() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, seed: 35)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait { $0.recordsRead == 100 && $0.snapshots.written == 1 }
    // The directory is in the way: nothing can be written where a file stands.
    let files = FileManager.default
    try files.moveItem(atPath: directory.path("snapshots"), toPath: directory.path("away"))
    #expect(files.createFile(atPath: directory.path("snapshots"), contents: Data()))
    #expect(throws: LearningProblem.self) {
      let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    }
    control.allow(200)
    let report = try harness.wait(records: 200)
    #expect(report.snapshots.failed > 0 && report.snapshots.problem != nil)
    try files.removeItem(atPath: directory.path("snapshots"))
    try files.moveItem(atPath: directory.path("away"), toPath: directory.path("snapshots"))
    let later = try harness.wait { $0.snapshots.written == 2 }
    #expect(later.snapshots.problem == nil)
    try harness.stop()
    let again = try Harness(directory, log)
    let final = try again.wait(records: 300)
    #expect(final.eventsLearned + final.rejected.total == 300)
    try again.stop()
  }

  @Test func aLastSnapshotThatCannotBeWrittenIsTold() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, seed: 42)
    let control = MemorySourceControl()
    control.allow(50)
    let harness = try Harness(directory, log, control: control)
    try harness.wait { $0.recordsRead == 50 && $0.snapshots.written == 1 }
    // The writer finds the places of the next ones taken.
    for number in 2..<9 {
      try FileManager.default.createDirectory(
        atPath: directory.path("snapshots/00000\(number)/taken"), withIntermediateDirectories: true)
    }
    #expect(throws: LearningProblem.self) { try harness.stop() }
    #expect(harness.lastReport.snapshots.problem != nil)
  }

  @Test func aSourceThatFailsOnAndOffWhileNobodyListensFillsNoMemory() {
    let channel = IngestChannel(batches: 1, recordsPerBatch: 1)
    for number in 0..<1000 {
      let problem = SourceProblem(.unreachable, "broker \(number)", isTransient: true)
      channel.deliver(.notice(.problem(problem), epoch: 7))
      channel.deliver(.notice(.caughtUp, epoch: 7))
    }
    channel.deliver(.notice(.endOfStream, epoch: 7))
    var notices = 0
    while case .item = channel.next(returning: nil, epoch: 7, takesBatches: false, milliseconds: 0) { notices += 1 }
    #expect(notices == 2)
  }

  @Test func oneBatchIsEnough() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 200, seed: 41)
    let harness = try Harness(directory, log, settings: Harness.settings(queueBatches: 1, recordsPerBatch: 3))
    try harness.wait(records: 200)
    try harness.stop()
  }

  @Test func requestsForSnapshotsShareOne() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, seed: 36)
    let harness = try Harness(directory, log)
    try harness.wait(records: 100)
    let ids = Monitor<[UInt64]>([])
    for _ in 0..<10 {
      harness.service.takeSnapshot { result in
        ids.update { $0.append((try? result.get())?.id ?? 0) }
      }
    }
    let answered = ids.wait(milliseconds: Harness.patience) { $0.count == 10 ? $0 : nil }
    #expect(answered != nil && !(answered ?? [0]).contains(0))
    #expect(Set(answered ?? []).count < 10)
    try harness.stop()
  }

  @Test func scoringGoesOnBesideLearningAndSnapshots() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 3000, seed: 37)
    let harness = try Harness(directory, log, settings: Harness.settings(everyEvents: 100, recordsPerBatch: 200))
    let decoded = Lock<(scores: Int, broken: Int)>((0, 0))
    let reference = harness.service.reference
    let features = try harness.features(of: "{\"label\":1,\"user\":1,\"item\":\"i1\",\"hour\":1}")
    let monitor = Monitor(false)
    let thread = DedicatedThread(name: "scorer") {
      let scorer = Scorer(reference)
      var ends = false
      while !ends {
        scorer.beginRequest()
        let raw = features.withUnsafeBufferPointer { scorer.score($0).raw }
        decoded.withLock { counts in
          counts.scores += 1
          if !raw.isFinite { counts.broken += 1 }
        }
        ends = monitor.read { $0 }
      }
    }
    try harness.wait(records: 3000)
    try harness.stop()
    monitor.update { $0 = true }
    thread.join()
    #expect(decoded.withLock { $0.scores } > 0 && decoded.withLock { $0.broken } == 0)
  }

  @Test func commandsAfterTheEndAreRefused() throws {
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, MemoryLog.random(records: 10, seed: 38))
    try harness.wait(records: 10)
    let service = harness.service
    try harness.stop()
    #expect(throws: LearningProblem.self) { let _: Manifest = try harness.wait { service.takeSnapshot($0) } }
    #expect(throws: LearningProblem.self) {
      let _: RollbackOutcome = try harness.wait { service.rollBack(to: 1, mode: .keep, $0) }
    }
    let report = try harness.wait { completion in service.report { completion(.success($0)) } }
    #expect(report.recordsRead == 10)
  }

  @Test func theLearnedPositionIsPublishedToTheSource() throws {
    let directory = try TemporaryDirectory()
    let control = MemorySourceControl()
    let harness = try Harness(directory, MemoryLog.random(records: 30, seed: 39), control: control)
    try harness.wait(records: 30)
    try harness.wait { report in
      report.lag == 0 && control.state.withLock { $0.published }?.recordsLearned == 30
    }
    try harness.stop()
  }
}
