import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// Rollbacks across a topic that was made anew: each topic has one number, and what one snapshot learned of it no other
/// learns again.
@Suite struct AnotherTopicTests {
  /// The first topic with a snapshot of nothing and one of 100 records; then, in another process, the topic made anew,
  /// with 400 records, read from the 150th to the 200th, where the third snapshot stands.
  private struct Remade {
    let directory: TemporaryDirectory
    let control = MemorySourceControl()
    let harness: Harness
    let empty: Manifest
    let first: Manifest
    let second: Manifest

    init() throws {
      directory = try TemporaryDirectory()
      let old = MemorySourceControl()
      old.allow(0)
      let before = try Harness(directory, MemoryLog.random(records: 100, seed: 56), control: old)
      try before.wait { $0.position != nil }
      empty = try before.wait { before.service.takeSnapshot($0) }
      #expect(empty.position?[0]?.nextOffset == 0)
      old.allow(.max)
      try before.wait(records: 100)
      first = try before.wait { before.service.takeSnapshot($0) }
      try before.kill()

      control.state.withLock { $0.isAnother = true }
      let log = MemoryLog.random(records: 400, seed: 57, badEvery: 1000)
      let harness = try Harness(directory, log, control: control)
      try harness.wait { $0.condition != .running }
      control.state.withLock {
        $0.earliest = [0: 150]
        $0.allowed = 50
      }
      let _: LearningReport = try harness.wait { harness.service.resume(at: .earliest, $0) }
      try harness.wait { $0.position?[0]?.nextOffset == 200 }
      second = try harness.wait { harness.service.takeSnapshot($0) }
      self.harness = harness
      #expect(second.position?.predecessors == 1)
    }

    @discardableResult
    func rollBack(to snapshot: Manifest, _ mode: RollbackMode) throws -> Manifest {
      control.state.withLock {
        $0.earliest = [:]
        $0.allowed = $0.delivered
      }
      let outcome: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: mode, $0) }
      return outcome.manifest
    }

    /// Reads the topic from its beginning to an offset, and rests there.
    func read(to offset: Int, resuming: Bool) throws {
      if !resuming { try control.waitForStart(at: 0) }
      control.state.withLock { $0.allowed = $0.delivered + offset }
      if resuming {
        let _: LearningReport = try harness.wait { harness.service.resume(at: .earliest, $0) }
      }
      try harness.wait { $0.position?[0]?.nextOffset == Int64(offset) && $0.isCaughtUp }
    }
  }

  /// Nothing binds a position without a record to the topic of its time, so after a rewind to it the present one is read.
  @Test func aRewindBeforeTheFirstRecordReadsThePresentTopic() throws {
    let remade = try Remade()
    try remade.rollBack(to: remade.empty, .rewind)
    try remade.read(to: 300, resuming: false)
    #expect(try remade.harness.report().position?.predecessors == 1)
    let kept = try remade.rollBack(to: remade.second, .keep)
    #expect(kept.position?[0]?.nextOffset == 300)
    try remade.harness.stop()
  }

  /// The same, where the position lies beyond the present topic's end, so that another has to be chosen.
  @Test func aRewindBeyondThePresentTopicsEndFindsThePresentTopic() throws {
    let remade = try Remade()
    remade.control.state.withLock { $0.isAnother = true }
    try remade.rollBack(to: remade.empty, .rewind)
    try remade.harness.wait { $0.condition != .running }
    try remade.read(to: 100, resuming: true)
    #expect(try remade.harness.report().position?.predecessors == 1)
    let kept = try remade.rollBack(to: remade.second, .keep)
    #expect(kept.position?[0]?.nextOffset == 200)
    try remade.harness.stop()
  }

  /// Records 100 to 199 of the present topic are in the model of its snapshot.
  @Test func aTopicThatARewindFindsAgainHasTheNumberItHad() throws {
    let remade = try Remade()
    remade.control.state.withLock { $0.isAnother = true }
    try remade.rollBack(to: remade.first, .rewind)
    try remade.harness.wait { $0.condition != .running }
    try remade.read(to: 100, resuming: true)
    #expect(try remade.harness.report().position?.predecessors == 1)
    let kept = try remade.rollBack(to: remade.second, .keep)
    #expect(kept.position?[0]?.nextOffset == 200 && kept.position?.predecessors == 1)
    #expect(kept.rollback?.skipped == [])
    remade.control.allow(.max)
    let last = try remade.harness.wait { $0.isCaughtUp && $0.position?[0]?.nextOffset == 400 }
    #expect(last.recordsRead == (remade.second.position?.recordsLearned ?? 0) + 200)
    try remade.harness.stop()
  }

  /// A wrong topic was configured, and is put right: the position never left its source.
  @Test func aResumeThatFindsTheOldTopicAgainChangesNoNumber() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 200, seed: 58)
    let control = MemorySourceControl()
    control.allow(100)
    let before = try Harness(directory, log, control: control)
    try before.wait(records: 100)
    try before.stop()
    control.state.withLock { $0.failsToStart = SourceProblem(.otherSource, "another topic") }
    let harness = try Harness(directory, log, control: control)
    try harness.wait { $0.condition != .running }
    control.state.withLock {
      $0.failsToStart = nil
      $0.allowed = .max
    }
    let _: LearningReport = try harness.wait { harness.service.resume(at: .earliest, $0) }
    let last = try harness.wait(records: 200)
    #expect(last.position?.predecessors == nil && last.recordsRead == 200)
    try harness.stop()
  }

  /// What a check said was said of the topic that was read then, and no snapshot has to be gone back to.
  @Test func aStopAfterARewindSaysNothingOfTheLastCheck() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, seed: 59)
    let control = MemorySourceControl()
    control.allow(40)
    let harness = try Harness(directory, log, control: control)
    let checked = try #require(try harness.wait(records: 40).position?[0]?.lastRecord)
    let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(100)
    try harness.wait(records: 100)
    control.state.withLock { $0.news.append(.checked(SourceCheck(milliseconds: 0, records: [0: checked]))) }
    try harness.wait { $0.position?[0]?.lastChecked == checked }
    let target: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(.max)
    try harness.wait(records: 300)
    control.state.withLock { $0.isAnother = true }
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: target.id, mode: .rewind, $0) }
    let report = try harness.wait { $0.condition != .running }
    #expect(report.condition == .stopped(.otherSource, detail: "another topic"))
    try harness.stop()
  }

  /// A rewind and a rewind back: what was rejected in between is read by neither, and is in the quarantine all the same.
  @Test(arguments: [RollbackMode.rewind, .keep]) func theQuarantineHasAllThatWasRejected(mode: RollbackMode) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, seed: 60, badEvery: 5)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    let older: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(300)
    try harness.wait(records: 300)
    let newer: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: older.id, mode: .rewind, $0) }
    // What the source delivers before it is started again is learned by nobody.
    try control.waitForStart(at: 100)
    control.state.withLock { $0.allowed = $0.delivered + 50 }
    try harness.wait { $0.position?[0]?.nextOffset == 150 && $0.isCaughtUp }
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: newer.id, mode: mode, $0) }
    try harness.kill()
    control.allow(.max)
    let again = try Harness(directory, log, control: control)
    try again.wait(records: 400)
    try again.stop()
    let lines = try String(contentsOfFile: directory.path("quarantine"), encoding: .utf8).split(separator: "\n")
    for offset in stride(from: 4, to: 400, by: 5) {
      #expect(lines.contains { $0.contains("\"offset\":\(offset),") }, "record \(offset)")
    }
  }
}

extension MemorySourceControl {
  /// Waits until the source was started last at an offset of partition 0.
  fileprivate func waitForStart(at offset: Int64) throws {
    let deadline = ContinuousClock.now + .milliseconds(Harness.patience)
    while starts.last??[0]?.nextOffset != offset {
      guard ContinuousClock.now < deadline else {
        throw TestFailure(description: "never started at \(offset): \(starts)")
      }
      sched_yield()
    }
  }
}
