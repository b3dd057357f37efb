import EventSources
import Features
import Foundation
import Glibc
import LiveModel
import TestSupport
import Testing
import Threads

@testable import Learning
@testable import SnapshotStore

@Suite struct RollbackTests {
  private func scores(_ harness: Harness) -> [UInt32] {
    let scorer = Scorer(harness.service.reference)
    return (0..<20).map { index in
      var features: [Feature] = []
      let record = "{\"label\":1,\"user\":\(index),\"item\":\"i\(index)\",\"hour\":\(index)}"
      _ = try? harness.decoder.decode(record, into: &features)
      return features.withUnsafeBufferPointer { scorer.score($0).raw.bitPattern }
    }
  }

  /// A harness that learned 200 records, took a snapshot, and learned 100 more; paused if asked.
  private func prepared(
    _ directory: TemporaryDirectory, _ log: MemoryLog, _ control: MemorySourceControl, pauses: Bool
  ) throws -> (Harness, Manifest, before: [UInt32], Data) {
    control.allow(200)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 200)
    let manifest: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let scores = scores(harness)
    let bits = try Harness.export(harness.archive, manifest.id, directory)
    control.allow(300)
    try harness.wait(records: 300)
    if pauses { let _: LearningReport = try harness.wait { harness.service.pause($0) } }
    return (harness, manifest, scores, bits)
  }

  @Test(arguments: [RollbackMode.keep, .rewind]) func scoresAreThoseOfTheSnapshot(mode: RollbackMode) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, seed: 21)
    let control = MemorySourceControl()
    let (harness, snapshot, before, bits) = try prepared(directory, log, control, pauses: true)
    #expect(scores(harness) != before)
    let outcome: RollbackOutcome = try harness.wait {
      harness.service.rollBack(to: snapshot.id, mode: mode, $0)
    }
    #expect(scores(harness) == before)
    #expect(outcome.condition == .paused)
    #expect(outcome.manifest.eventsLearned == snapshot.eventsLearned && outcome.eventsAbandoned > 0)
    #expect(outcome.manifest.rollback?.to == snapshot.id)
    let report = try harness.report()
    #expect(report.currentSnapshot == outcome.manifest.id && report.condition == .paused)
    #expect(report.eventsLearned == snapshot.eventsLearned)
    #expect(report.recordsRead == 200)
    #expect(report.position?.partitions.first?.nextOffset == (mode == .keep ? 300 : 200))
    // A process killed right after the acknowledgement changes nothing.
    try harness.kill()
    let again = try Harness(directory, log)
    #expect(scores(again) == before)
    #expect(try again.report().condition == .paused)
    #expect(try Harness.export(again.archive, outcome.manifest.id, directory) == bits)
    let _: LearningReport = try again.wait { again.service.resume($0) }
    let final = try again.wait { $0.isCaughtUp && $0.position?.partitions.first?.nextOffset == 400 }
    #expect(final.recordsRead == (mode == .keep ? 300 : 400))
    #expect(final.eventsLearned + final.rejected.total == final.recordsRead)
    try again.stop()
  }

  @Test func afterARewindTheModelIsWhatItWouldHaveBeen() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, seed: 22)
    let control = MemorySourceControl()
    let (harness, snapshot, _, _) = try prepared(directory, log, control, pauses: false)
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: .rewind, $0) }
    control.allow(.max)
    try harness.wait(records: 400)
    let bits = try harness.bits(directory)
    try harness.stop()
    let other = try TemporaryDirectory()
    let straight = try Harness(other, log)
    try straight.wait(records: 400)
    #expect(try straight.bits(other) == bits)
    try straight.stop()
  }

  @Test func whatIsKeptIsSkippedForGood() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, partitions: 3, seed: 23)
    let control = MemorySourceControl()
    let (harness, snapshot, _, _) = try prepared(directory, log, control, pauses: false)
    let outcome: RollbackOutcome = try harness.wait {
      harness.service.rollBack(to: snapshot.id, mode: .keep, $0)
    }
    let skipped = outcome.manifest.rollback?.skipped ?? []
    #expect(skipped.reduce(0) { $0 + $1.to - $1.from } == 100)
    control.allow(.max)
    try harness.wait(records: 300)
    let bits = try harness.bits(directory)
    try harness.kill()
    // The journal alone, jumps and all, gives the same model: it begins a new line at the snapshot.
    let again = try Harness(directory, log, seed: 5)
    #expect(try again.report().recordsRead == 300)
    #expect(try again.bits(directory) == bits)
    try again.stop()
    let fresh = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: directory.path("journal"), toPath: fresh.path("journal"))
    let replayed = try Harness(fresh, log, seed: 6)
    try replayed.wait(records: 300)
    #expect(try replayed.bits(fresh) == bits)
    try replayed.stop()
  }

  @Test func aRewindOfSeveralPartitionsLearnsEachRecordOnceMore() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, partitions: 3, seed: 25)
    let control = MemorySourceControl()
    let (harness, snapshot, _, _) = try prepared(directory, log, control, pauses: false)
    let outcome: RollbackOutcome = try harness.wait {
      harness.service.rollBack(to: snapshot.id, mode: .rewind, $0)
    }
    #expect(outcome.manifest.position?.partitions == snapshot.position?.partitions)
    control.allow(.max)
    let report = try harness.wait(records: 400)
    #expect(report.recordsRead == 400)
    let bits = try harness.bits(directory)
    try harness.kill()
    let fresh = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: directory.path("journal"), toPath: fresh.path("journal"))
    let replayed = try Harness(fresh, log, seed: 7)
    try replayed.wait(records: 400)
    #expect(try replayed.bits(fresh) == bits)
    try replayed.stop()
  }

  @Test(arguments: [RollbackMode.keep, .rewind]) func aRollbackAmidAReplayLeavesTheOldOrder(mode: RollbackMode) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, partitions: 3, seed: 26)
    let control = MemorySourceControl()
    let (harness, snapshot, before, _) = try prepared(directory, log, control, pauses: true)
    try harness.kill()
    // Paused, with the hundred records after the snapshot still to be learned again.
    let again = try Harness(directory, log, seed: 9)
    try again.wait { $0.recordsToReplay == 100 }
    let outcome: RollbackOutcome = try again.wait { again.service.rollBack(to: snapshot.id, mode: mode, $0) }
    #expect(scores(again) == before && outcome.eventsAbandoned == 0)
    #expect(try again.report().recordsToReplay == 0)
    let _: LearningReport = try again.wait { again.service.resume($0) }
    #expect(try again.wait(records: 400).recordsRead == 400)
    try again.stop()
  }

  @Test func aRollbackWhileTheSourceStartsCountsAsItsSnapshotDid() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, seed: 27)
    let control = MemorySourceControl()
    let (harness, snapshot, before, _) = try prepared(directory, log, control, pauses: true)
    try harness.stop()
    let held = MemorySourceControl()
    held.state.withLock { $0.holdsStarts = true }
    let again = try Harness(directory, log, control: held)
    let _: RollbackOutcome = try again.wait { again.service.rollBack(to: snapshot.id, mode: .keep, $0) }
    held.state.withLock { $0.holdsStarts = false }
    while again.service.queue.waiting == 0 { sched_yield() }
    let report = try again.report()
    #expect(report.recordsRead == 200 && report.position?[0]?.nextOffset == 300)
    #expect(scores(again) == before)
    try again.stop()
  }

  @Test func whatWasSkippedStaysSkippedAfterOneStartMoreFromAnAncestor() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, seed: 28, badEvery: 5)
    let (harness, snapshot, _, _) = try prepared(directory, log, MemorySourceControl(), pauses: true)
    let outcome: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: .keep, $0) }
    try harness.kill()
    let manifest = directory.path("snapshots/00000\(outcome.manifest.id)/manifest.json")
    try Data("{}".utf8).write(to: URL(fileURLWithPath: manifest))
    for _ in 0..<2 {
      let again = try Harness(directory, log)
      let report = try again.report()
      #expect(report.currentSnapshot == snapshot.id)
      #expect(report.position?[0]?.nextOffset == 300 && report.recordsRead == 200)
      try again.kill()
    }
    // What was skipped is never read again, so it stays in the quarantine.
    let lines = try String(contentsOfFile: directory.path("quarantine"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 1 + 60)
  }

  @Test func aRollbackToNothingChangesNothing() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, seed: 24)
    let harness = try Harness(directory, log)
    try harness.wait(records: 100)
    let before = scores(harness)
    #expect(throws: LearningProblem.self) {
      let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: 777, mode: .keep, $0) }
    }
    #expect(scores(harness) == before)
    try harness.stop()
  }
  /// A rollback waits for a snapshot that is being written while the source starts for the first time: learning begins.
  @Test func aRollbackBesideTheFirstStartHoldsNothingUp() throws {
    let directory = try TemporaryDirectory()
    let control = MemorySourceControl()
    control.state.withLock { $0.holdsStarts = true }
    let isHeld = Lock(false)
    let harness = try Harness(
      directory, MemoryLog.random(records: 100, seed: 25), control: control,
      failpoint: { _ in while isHeld.withLock({ $0 }) { sched_yield() } })
    let target: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    #expect(target.position == nil)
    isHeld.withLock { $0 = true }
    let outcome = Monitor<Result<RollbackOutcome, LearningProblem>?>(nil)
    harness.service.takeSnapshot { _ in }
    harness.service.rollBack(to: target.id, mode: .keep) { result in outcome.update { $0 = result } }
    control.state.withLock { $0.holdsStarts = false }
    try harness.wait { $0.position != nil }
    isHeld.withLock { $0 = false }
    let result = try #require(outcome.wait(milliseconds: Harness.patience) { $0 })
    #expect(throws: Never.self) { try result.get() }
    #expect(try harness.wait(records: 100).recordsRead == 100)
    try harness.stop()
  }
}
