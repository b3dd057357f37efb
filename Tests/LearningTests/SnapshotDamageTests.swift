import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// A damaged snapshot is told until the next one is written.
@Suite struct SnapshotDamageTests {
  @Test(arguments: [1, 2])
  func damageStandsUntilTheNextSnapshotAndCostsNoEvent(_ partitions: Int) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, partitions: partitions, seed: 77)
    let control = MemorySourceControl()
    control.allow(100)
    let damaged: UInt64
    let calm: UInt64
    do {
      let harness = try Harness(directory, log, control: control)
      try harness.wait(records: 100)
      let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
      control.allow(200)
      try harness.wait(records: 200)
      try harness.stop()
      damaged = try #require(harness.lastReport.currentSnapshot)
      calm = try harness.archive.manifest(damaged).eventsLearned
    }
    let path = directory.path("snapshots/" + String(repeating: "0", count: 5) + "\(damaged)/model.safetensors")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: path))

    // Also after a restart that finds nothing damaged any more.
    for _ in 0..<2 {
      let again = MemorySourceControl()
      again.allow(0)
      let harness = try Harness(directory, log, control: again)
      let report = try harness.report()
      let problem = try #require(report.problems.first { $0.code == .snapshotsDamaged })
      let taken = try #require(report.currentSnapshot)
      let cost = try calm - harness.archive.manifest(taken).eventsLearned
      #expect(cost > 0 && problem.message.contains("snapshot \(damaged) is damaged or cannot be read"))
      #expect(problem.message.contains("snapshot \(taken) was taken instead, which costs \(cost) events"))
      #expect(report.snapshots.damaged == 1)
      try harness.kill()
    }

    let harness = try Harness(directory, log)
    try harness.wait(records: 300)
    let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let report = try harness.report()
    #expect(report.recordsRead == 300 && !report.problems.contains { $0.code == .snapshotsDamaged })
    try harness.stop()
  }

  /// What a rollback finds concerns all who watch, and counts once.
  @Test func aDamagedTargetOfARollbackIsCounted() throws {
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, MemoryLog.random(records: 100, partitions: 1, seed: 78))
    try harness.wait(records: 100)
    let target: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let _: Manifest = try harness.wait { harness.service.takeSnapshot(isFull: true, $0) }
    let path = directory.path("snapshots/" + String(repeating: "0", count: 5) + "\(target.id)/model.safetensors")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: path))
    for _ in 0..<2 {
      let problem = #expect(throws: LearningProblem.self) {
        let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: target.id, mode: .keep, $0) }
      }
      #expect(problem?.message.contains("\(target.id)") == true)
    }
    let report = try harness.report()
    #expect(report.snapshots.damaged == 1 && report.recordsRead == 100 && report.condition == .running)
    try harness.stop()
  }
}
