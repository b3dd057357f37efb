import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// A rollback that keeps its position to a snapshot ahead of where reading stands learns nothing twice.
@Suite struct RollbackAheadTests {
  /// 200 records and snapshot A, 200 more and snapshot B; paused, back to A to learn again, and then to B.
  private func backAndForth(_ harness: Harness, stopsAt: (Int) throws -> Void) throws -> (LearningReport, Manifest) {
    try stopsAt(200)
    try harness.wait(records: 200)
    let first: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    try stopsAt(400)
    try harness.wait(records: 400)
    let second: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let _: LearningReport = try harness.wait { harness.service.pause($0) }
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: first.id, mode: .rewind, $0) }
    let outcome: RollbackOutcome = try harness.wait { harness.service.rollBack(to: second.id, mode: .keep, $0) }
    #expect(outcome.manifest.rollback?.skipped == [] && outcome.manifest.skips == [])
    let _: LearningReport = try harness.wait { harness.service.resume($0) }
    return (try harness.wait { $0.isCaughtUp && $0.recordsRead >= 400 }, second)
  }

  @Test(arguments: [1, 4]) func whatTheSnapshotLearnedIsNotLearnedAgain(partitions: Int) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, partitions: partitions, seed: 51)
    let control = MemorySourceControl()
    control.allow(0)
    let harness = try Harness(directory, log, control: control)
    let (report, second) = try backAndForth(harness) { control.allow($0 == 400 ? .max : $0) }
    #expect(report.recordsRead == 400 && report.eventsLearned + report.rejected.total == 400)
    #expect(report.position?.checksumSum == second.position?.checksumSum)
    try harness.kill()
    // The journal's new line begins where the snapshot stands, too.
    let longer = MemoryLog.random(records: 500, partitions: partitions, seed: 51)
    for seed: UInt64 in [4, 5] {
      let again = try Harness(directory, longer, seed: seed)
      let last = try again.wait(records: 500)
      #expect(last.recordsRead == 500 && last.eventsLearned + last.rejected.total == 500)
      try again.kill()
    }
  }

  @Test func theSameHoldsForAFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("events.ndjson")
    let lines = MemoryLog.random(records: 400, seed: 52, badEvery: 1000).partitions[0].map { $0 + "\n" }
    let settings = FileSourceSettings(path: path, follows: true)
    var written = 0
    try Data().write(to: URL(fileURLWithPath: path))
    let harness = try Harness(
      directory, MemoryLog(partitions: 1),
      makeSource: { () throws(SourceProblem) in try FileSource(settings) })
    let (report, second) = try backAndForth(harness) { count in
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seekToEnd()
      try file.write(contentsOf: Data(lines[written..<count].joined().utf8))
      try file.close()
      written = count
    }
    #expect(report.recordsRead == 400 && report.eventsLearned == 400)
    #expect(report.position?.partitions == second.position?.partitions)
    try harness.stop()
  }

  private func position(_ offsets: [Int64], identity: String = "c/t", learned: UInt64) -> SourcePosition {
    SourcePosition(
      kind: .kafka, identity: identity,
      partitions: offsets.enumerated().map { number, offset in
        PartitionPosition(
          partition: Int32(number), nextOffset: offset,
          lastRecord: LastRecord(offset: offset - 1, timestamp: 0, checksum: RecordChecksum(learned)),
          recordsLearned: learned, checksumSum: RecordChecksum(learned))
      })
  }

  @Test func forEachPartitionTheLaterPositionCounts() throws {
    let present = position([10, 20], learned: 1)
    let snapshot = position([30, 5, 7], learned: 2)
    let ahead = SkippedRange(partition: 0, from: 40, to: 50)
    let kept = KeptPosition(
      present: present, skips: [SkippedRange(partition: 1, from: 25, to: 30)], snapshot: snapshot,
      snapshotSkips: [ahead, SkippedRange(partition: 1, from: 100, to: 110)])
    #expect(kept.position?.partitions.map(\.nextOffset) == [30, 20, 7])
    #expect(kept.position?.partitions.map(\.recordsLearned) == [2, 2, 2])
    // The record before each place, which a start reads again, is that of the position it comes from.
    #expect(kept.position?.partitions.map(\.lastRecord?.checksum.value) == [2, 1, 2])
    #expect(kept.skips == [ahead, SkippedRange(partition: 1, from: 25, to: 30)])
  }

  @Test func inAnotherSourceThePresentPositionCounts() throws {
    let present = position([10], identity: "c/new", learned: 1)
    let skips = [SkippedRange(partition: 0, from: 25, to: 30)]
    let kept = KeptPosition(
      present: present, skips: skips, snapshot: position([300], learned: 2), snapshotSkips: [])
    #expect(kept.position?[0]?.nextOffset == 10 && kept.position?.identity == "c/new" && kept.skips == skips)
  }

  @Test func inAFileThatFollowedThePresentOneTheSnapshotsPositionCounts() throws {
    let partition = PartitionPosition(partition: 0, nextOffset: 20, recordsLearned: 9)
    let present = SourcePosition(
      kind: .file, identity: "head:9:0", partitions: [PartitionPosition(partition: 0, nextOffset: 800)])
    let snapshot = SourcePosition(kind: .file, identity: "head:9:1", partitions: [partition], predecessors: 1)
    let skips = [SkippedRange(partition: 0, from: 900, to: 950)]
    let ahead = KeptPosition(present: present, skips: skips, snapshot: snapshot, snapshotSkips: [])
    #expect(ahead.position == snapshot)
    #expect(ahead.skips == [SkippedRange(partition: 0, from: 900, to: 950, identity: "file 0")])
    let behind = KeptPosition(present: snapshot, skips: [], snapshot: present, snapshotSkips: skips)
    #expect(behind.position?.identity == snapshot.identity && behind.position?[0]?.nextOffset == 20)
    #expect(behind.skips == [])
  }

  @Test func aModelThatStandsNowhereTakesTheSnapshotsPosition() throws {
    let snapshot = position([30], learned: 2)
    let kept = KeptPosition(present: nil, skips: [], snapshot: snapshot, snapshotSkips: [])
    #expect(kept.position == snapshot)
  }

  /// A skip that lies ahead in one file skips nothing in the next one, and one that is ahead in the next takes hold.
  @Test func skipsFollowTheFilesThatTheyBelongTo() throws {
    let identity = try LearningIdentity(model: Harness.configuration, schema: Harness.schema, software: "test")
    var state = LearnerState(identity, Harness.settings())
    state.position = SourcePosition(
      kind: .file, identity: "head:0:0", partitions: [PartitionPosition(partition: 0, nextOffset: 40)])
    state.skips = [
      SkippedRange(partition: 0, from: 50, to: 90), SkippedRange(partition: 0, from: 0, to: 30, identity: "file 1"),
    ]
    state.goOn(inFile: "head:7:0")
    #expect(state.skips == [SkippedRange(partition: 0, from: 0, to: 30)])
    #expect(state.position?.predecessors == 1)
  }
}
