import EventSources
import Foundation
import TestSupport
import Testing
import Threads

@testable import Learning
@testable import SnapshotStore

/// A process that dies at any step of a rollback leaves the old line or the new one, and every record counts once on it.
@Suite struct RollbackCrashTests {
  /// Which rollback it is.
  struct Case: Sendable, CustomTestStringConvertible {
    var mode: RollbackMode
    var toOlder: Bool
    var partitions: Int

    var testDescription: String { "\(mode), to the \(toOlder ? "older" : "newest"), \(partitions) partitions" }

    static let all = [RollbackMode.keep, .rewind].flatMap { mode in
      [false, true].flatMap { toOlder in [1, 4].map { Case(mode: mode, toOlder: toOlder, partitions: $0) } }
    }
  }

  /// What a test does at each step of a rollback, once it is armed.
  private final class Steps: Sendable {
    private let action = Lock<(@Sendable (SnapshotStep) throws(SnapshotProblem) -> Void)?>(nil)

    func arm(_ action: (@Sendable (SnapshotStep) throws(SnapshotProblem) -> Void)?) {
      self.action.withLock { $0 = action }
    }

    func reached(_ step: SnapshotStep) throws(SnapshotProblem) {
      try action.withLock({ $0 })?(step)
    }
  }

  /// 100 records and a snapshot, 100 more and another, 100 more: then the rollback can come.
  private func prepared(_ rollback: Case, _ directory: TemporaryDirectory, _ log: MemoryLog, _ steps: Steps) throws
    -> (Harness, target: Manifest, before: SourcePosition)
  {
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(
      directory, log, control: control,
      failpoint: { (step) throws(SnapshotProblem) in
        try steps.reached(step)
      })
    var snapshots: [Manifest] = []
    for records in [200, 300] {
      try harness.wait(records: records - 100)
      snapshots.append(try harness.wait { harness.service.takeSnapshot($0) })
      control.allow(records)
    }
    let report = try harness.wait(records: 300)
    return (harness, snapshots[rollback.toOlder ? 0 : 1], try #require(report.position))
  }

  private func log(_ rollback: Case) -> MemoryLog {
    MemoryLog.random(records: 400, partitions: rollback.partitions, seed: rollback.toOlder ? 41 : 42)
  }

  /// The records and the sum of their checksums at the end of the log, on the line that a rollback begins, or without.
  private func expected(
    _ rollback: Case, _ log: MemoryLog, target: Manifest, before: SourcePosition, tookEffect: Bool
  ) -> (records: UInt64, sum: UInt64) {
    let isKept = tookEffect && rollback.mode == .keep
    var records = isKept ? target.position?.recordsLearned ?? 0 : 0
    var sum = isKept ? target.position?.checksumSum.value ?? 0 : 0
    for (partition, payloads) in log.partitions.enumerated() {
      let first = isKept ? Int(before[Int32(partition)]?.nextOffset ?? 0) : 0
      for payload in payloads.dropFirst(first) {
        records += 1
        sum &+= Array(payload.utf8).withUnsafeBytes { RecordChecksum(of: $0).value }
      }
    }
    return (records, sum)
  }

  @Test(arguments: Case.all) func everyRecordCountsOnceWhereverItIsKilled(rollback: Case) throws {
    let directory = try TemporaryDirectory()
    let log = log(rollback)
    let steps = Steps()
    let (harness, target, before) = try prepared(rollback, directory, log, steps)
    let copies = Lock<[(name: String, isDone: Bool, directory: TemporaryDirectory)]>([])
    steps.arm { (step) throws(SnapshotProblem) in
      guard let copy = try? TemporaryDirectory(copyOf: directory) else { return }
      copies.withLock { $0.append(("\(step)", step == .recorded, copy)) }
    }
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: target.id, mode: rollback.mode, $0) }
    steps.arm(nil)
    try harness.wait(records: 0)
    if rollback.partitions > 1 {
      // Also within the making of the journal's segment: its file, its header, its jumps.
      for length in [0, 40, 56, 60] {
        let copy = try TemporaryDirectory(copyOf: directory)
        let segments = try FileManager.default.contentsOfDirectory(atPath: copy.path("journal")).sorted()
        let segment = copy.path("journal/" + (try #require(segments.last)))
        try Data(contentsOf: URL(fileURLWithPath: segment)).prefix(length).write(to: URL(fileURLWithPath: segment))
        copies.withLock { $0.append(("segment of \(length) bytes", true, copy)) }
      }
    }
    copies.withLock { $0.append(("answered", true, directory)) }
    try harness.kill()
    let all = copies.withLock { $0 }
    #expect(all.count == (rollback.partitions > 1 ? 9 : 5))
    for (name, isDone, directory) in all {
      let again = try Harness(directory, log, seed: 7)
      let current = try #require(try again.archive.currentID())
      let tookEffect = try again.archive.manifest(current).rollback != nil
      #expect(tookEffect || !isDone, "\(name)")
      let wanted = expected(rollback, log, target: target, before: before, tookEffect: tookEffect)
      let report = try again.wait { report in
        report.isCaughtUp && report.recordsToReplay == 0
          && report.position?.partitions.map(\.nextOffset) == log.partitions.map { Int64($0.count) }
      }
      #expect(report.recordsRead == wanted.records && report.position?.checksumSum.value == wanted.sum, "\(name)")
      #expect(report.eventsLearned + report.rejected.total == wanted.records, "\(name)")
      try again.kill()
      guard isDone, rollback.partitions > 1 else { continue }
      // And once more, in the same order.
      let copy = try TemporaryDirectory(copyOf: directory)
      var models: [Data] = []
      for (directory, seed) in [(directory, UInt64(8)), (copy, 9)] {
        let last = try Harness(directory, log, seed: seed)
        try last.wait(records: Int(wanted.records))
        models.append(try last.bits(directory))
        try last.kill()
      }
      #expect(models[0] == models[1], "\(name)")
    }
  }

  @Test(arguments: Case.all.filter { $0.partitions > 1 })
  func afterARollbackThatFailedTheOldLineGoesOn(rollback: Case) throws {
    let directory = try TemporaryDirectory()
    let log = log(rollback)
    let steps = Steps()
    let (harness, target, _) = try prepared(rollback, directory, log, steps)
    steps.arm { (step) throws(SnapshotProblem) in throw SnapshotProblem(.file, "the disk is full") }
    #expect(throws: LearningProblem.self) {
      let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: target.id, mode: rollback.mode, $0) }
    }
    steps.arm(nil)
    harness.control.allow(.max)
    let report = try harness.wait(records: 400)
    try harness.kill()
    let copy = try TemporaryDirectory(copyOf: directory)
    let again = try Harness(directory, log, seed: 9)
    #expect(try again.wait(records: 400).position?.checksumSum == report.position?.checksumSum)
    let bits = try again.bits(directory)
    try again.kill()
    let other = try Harness(copy, log, seed: 10)
    try other.wait(records: 400)
    #expect(try other.bits(copy) == bits)
    try other.kill()
  }

  @Test(arguments: Case.all.filter { $0.partitions > 1 })
  func aJournalThatCannotBeWrittenHoldsALineUpAndLosesNothing(rollback: Case) throws {
    let directory = try TemporaryDirectory()
    let log = log(rollback)
    let steps = Steps()
    let (harness, target, before) = try prepared(rollback, directory, log, steps)
    steps.arm { (step) throws(SnapshotProblem) in
      if step == .recorded {
        try? FileManager.default.moveItem(atPath: directory.path("journal"), toPath: directory.path("away"))
      }
    }
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: target.id, mode: rollback.mode, $0) }
    steps.arm(nil)
    #expect(try harness.report().sourceProblem?.message.contains("journal") == true)
    harness.control.allow(.max)
    try FileManager.default.moveItem(atPath: directory.path("away"), toPath: directory.path("journal"))
    let wanted = expected(rollback, log, target: target, before: before, tookEffect: true)
    let report = try harness.wait(records: Int(wanted.records))
    #expect(report.position?.checksumSum.value == wanted.sum && report.sourceProblem == nil)
    let bits = try harness.bits(directory)
    try harness.kill()
    let copy = try TemporaryDirectory(copyOf: directory)
    let newest = try #require(try SnapshotArchive(stateDirectory: copy.path).ids().max())
    try FileManager.default.removeItem(atPath: copy.path("snapshots/" + SnapshotNames.directory(newest)))
    let again = try Harness(copy, log, seed: 11)
    try again.wait(records: Int(wanted.records))
    #expect(try again.bits(copy) == bits)
    try again.kill()
  }
}
