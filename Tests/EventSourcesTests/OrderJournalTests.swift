import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

@testable import EventSources

@Suite struct OrderJournalTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  func open() throws -> OrderJournal { try OrderJournal(directory: directory.path("journal")) }

  func run(_ partition: Int32, _ nextOffset: Int64, _ count: UInt32) -> JournalRun {
    JournalRun(partition: partition, nextOffset: nextOffset, count: count)
  }

  func append(_ runs: [JournalRun], to journal: OrderJournal) throws {
    for run in runs { try journal.append(partition: run.partition, nextOffset: run.nextOffset, count: run.count) }
    try journal.flush()
  }

  @Test func whatWasAppendedIsReplayed() throws {
    let journal = try open()
    #expect(journal.isEmpty)
    try append([run(0, 5, 5), run(1, 2, 2), run(0, 6, 1)], to: journal)
    #expect(journal.mark == JournalMark(segment: 0, records: 8))
    let again = try open()
    #expect(!again.isEmpty)
    #expect(try again.resume(after: .beginning) == [run(0, 5, 5), run(1, 2, 2), run(0, 6, 1)])
    #expect(try again.resume(after: JournalMark(segment: 0, records: 7)) == [run(0, 6, 1)])
    #expect(try again.resume(after: JournalMark(segment: 0, records: 3)) == [run(0, 5, 2), run(1, 2, 2), run(0, 6, 1)])
    #expect(try again.resume(after: JournalMark(segment: 0, records: 8)) == [])
  }

  @Test func runsThatFollowEachOtherBecomeOne() throws {
    let journal = try open()
    for offset: Int64 in 1...1000 { try journal.append(partition: 3, nextOffset: offset, count: 1) }
    try journal.append(partition: 2, nextOffset: 1, count: 1)
    try journal.flush()
    #expect(try journal.resume(after: .beginning) == [run(3, 1000, 1000), run(2, 1, 1)])
    #expect(journal.size < 120)
  }

  @Test func replayingWritesNothingAndGoesOn() throws {
    let journal = try open()
    try append([run(0, 5, 5), run(1, 2, 2)], to: journal)
    let again = try open()
    _ = try again.resume(after: JournalMark(segment: 0, records: 2))
    let size = again.size
    #expect(again.mark == JournalMark(segment: 0, records: 2))
    try append([run(0, 4, 2), run(0, 5, 1)], to: again)
    #expect(again.mark == JournalMark(segment: 0, records: 5))
    try append([run(1, 1, 1)], to: again)
    #expect(again.mark == JournalMark(segment: 0, records: 6))
    #expect(again.size == size)
    try append([run(1, 2, 1), run(1, 3, 1)], to: again)
    #expect(again.mark == JournalMark(segment: 0, records: 8))
    #expect(try open().resume(after: .beginning) == [run(0, 5, 5), run(1, 2, 2), run(1, 3, 1)])
  }

  @Test func anotherOrderThanTheReplayedBranches() throws {
    let journal = try open()
    try append([run(0, 5, 5), run(1, 2, 2)], to: journal)
    let again = try open()
    _ = try again.resume(after: .beginning)
    try append([run(0, 3, 3), run(1, 1, 1)], to: again)
    #expect(again.mark == JournalMark(segment: 1, records: 1))
    // Where the branch cut a run, its end is not known.
    #expect(try open().resume(after: .beginning) == [run(0, -1, 3), run(1, 1, 1)])
    #expect(throws: JournalProblem.notOnLine(JournalMark(segment: 0, records: 8))) {
      try open().resume(after: JournalMark(segment: 0, records: 8))
    }
  }

  @Test func aRollbackIsANewLine() throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    let snapshot = journal.mark
    try append([run(1, 2, 2), run(0, 9, 4)], to: journal)
    let abandoned = journal.mark
    // Keeping the position: both partitions go on where they were.
    let kept = SourcePosition(
      kind: .kafka, identity: "c/t",
      partitions: [
        PartitionPosition(partition: 0, nextOffset: 9), PartitionPosition(partition: 1, nextOffset: 2),
      ])
    try journal.branch(after: snapshot, at: kept)
    #expect(journal.mark == JournalMark(segment: 1, records: 0))
    try append([run(1, 3, 1)], to: journal)
    let again = try open()
    #expect(try again.resume(after: .beginning) == [run(0, 5, 5), run(0, 9, 0), run(1, 2, 0), run(1, 3, 1)])
    #expect(
      try again.resume(after: JournalMark(segment: 1, records: 0)) == [run(0, 9, 0), run(1, 2, 0), run(1, 3, 1)])
    // Replaying steps over the jumps.
    _ = try again.resume(after: snapshot)
    try append([run(1, 3, 1), run(0, 10, 1)], to: again)
    #expect(again.mark == JournalMark(segment: 1, records: 2))
    #expect(throws: JournalProblem.notOnLine(JournalMark(segment: 0, records: 12))) {
      try again.resume(after: JournalMark(segment: 0, records: abandoned.records + 1))
    }
  }

  @Test func aRollbackThatNeverTookEffectCostsNoOrder() throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    let old = journal.mark
    try append([run(1, 2, 2)], to: journal)
    let current = journal.mark
    try append([run(0, 9, 4), run(1, 5, 3)], to: journal)
    // The process is killed after the journal's new line was begun and before the rollback's snapshot was current.
    try journal.branch(
      after: old,
      at: SourcePosition(
        kind: .kafka, identity: "c/t", partitions: [PartitionPosition(partition: 0, nextOffset: 5)]))
    let again = try open()
    #expect(try again.resume(after: current) == [run(0, 9, 4), run(1, 5, 3)])
    try append([run(0, 9, 4), run(1, 5, 3), run(0, 12, 3)], to: again)
    #expect(again.mark == JournalMark(segment: 2, records: 3))
    #expect(try open().resume(after: current) == [run(0, 9, 4), run(1, 5, 3), run(0, 12, 3)])
    #expect(try open().resume(after: .beginning).count == 5)
  }

  @Test func aTornTailIsCutOff() throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    try append([run(1, 2, 2)], to: journal)
    let path = JournalSegment.path(0, in: journal.directory)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.dropLast(3).write(to: URL(fileURLWithPath: path))
    let again = try open()
    #expect(again.droppedBytes > 0 && again.cutShort.count == 1 && again.damage.isEmpty)
    #expect(try again.resume(after: .beginning) == [run(0, 5, 5)])
    try append([run(0, 5, 5), run(2, 1, 1)], to: again)
    #expect(try open().resume(after: .beginning) == [run(0, 5, 5), run(2, 1, 1)])
    // Even the header may be missing.
    try whole.prefix(12).write(to: URL(fileURLWithPath: path))
    let bare = try open()
    #expect(bare.isEmpty && bare.cutShort.count == 1 && bare.damage.isEmpty)
  }

  /// Where the first jump leads may be gone: a place that was lost, and another that was chosen for it.
  @Test func aJumpThatAnotherOverridesIsNotTaken() throws {
    let journal = try open()
    try append([run(0, 200, 200)], to: journal)
    for (partition, offset) in [(Int32(0), Int64(200)), (1, 7), (0, 300)] {
      try journal.appendJump(partition: partition, nextOffset: offset)
    }
    let rest = [run(1, 7, 0), run(0, 300, 0), run(1, 8, 1), run(0, 350, 50)]
    try append(Array(rest[2...]), to: journal)
    #expect(try open().resume(after: JournalMark(segment: 0, records: 200)) == rest)
    #expect(try open().resume(after: .beginning) == [run(0, 200, 200)] + rest)
    var position = SourcePosition(
      kind: .kafka, identity: "c/t",
      partitions: [PartitionPosition(partition: 0, nextOffset: 200), PartitionPosition(partition: 1, nextOffset: 7)])
    position.follow(rest)
    #expect(position.partitions.map(\.nextOffset) == [300, 7])
  }

  @Test(arguments: [0, 3, 9, 20, 30])
  func aSegmentWithADamagedHeaderCostsOrderAndNoNumberIsUsedAgain(_ place: Int) throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    try journal.branch(after: journal.mark, at: nil)
    try append([run(1, 2, 2), run(0, 9, 4)], to: journal)
    let mark = JournalMark(segment: 1, records: 3)
    let path = JournalSegment.path(1, in: journal.directory)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    bytes[place] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    for start in 0..<2 {
      let again = try open()
      #expect(again.damage.count == (start == 0 ? 1 : 0))
      if start == 0 {
        #expect(throws: JournalProblem.notOnLine(mark)) { try again.resume(after: mark) }
        try again.branch(after: mark, at: nil)
      } else {
        #expect(try again.resume(after: mark) == [run(2, 7, 7)])
      }
      #expect(again.mark.segment > 1 || start == 1)
      try append([run(2, 7, 7)], to: again)
    }
    #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path + ".damaged"))) == bytes)
  }

  @Test func damageInTheNewestSegmentIsSaidAndNoPlaceAfterItIsUsedAgain() throws {
    let journal = try open()
    for offset: Int64 in 1...4 { try append([run(Int32(offset % 2), offset, 1)], to: journal) }
    let path = JournalSegment.path(0, in: journal.directory)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    bytes[bytes.count - 40] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let again = try open()
    #expect(again.damage.count == 1 && again.droppedBytes > 0)
    #expect(try again.resume(after: .beginning) == [run(1, 1, 1), run(0, 2, 1)])
    try append([run(1, 1, 1), run(0, 2, 1), run(3, 9, 9)], to: again)
    #expect(again.mark == JournalMark(segment: 1, records: 9))
    #expect(throws: JournalProblem.notOnLine(JournalMark(segment: 0, records: 4))) {
      try open().resume(after: JournalMark(segment: 0, records: 4))
    }
    #expect(try open().damage.isEmpty)
  }

  @Test func aDirectoryInThePlaceOfASegmentStopsNobody() throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    let path = JournalSegment.path(0, in: journal.directory)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let again = try open()
    #expect(again.damage.count == 1 && again.isEmpty && again.mark.segment == 1)
  }

  /// A file that drops what could not be written: a second sync of it would succeed.
  @Test(arguments: [true, false])
  func aFailedSyncCostsNeitherRunsNorLearning(_ isByTheWriter: Bool) throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    try journal.sync()
    let lossy = LossyFile(JournalSegment.path(0, in: journal.directory), durable: journal.size)
    try append([run(1, 2, 2)], to: journal)
    try lossy.failsOnce {
      if isByTheWriter {
        let file = try journal.fileToSync()
        #expect(throws: FileProblem.self) { try file.sync() }
        journal.syncFailed()
      } else {
        try journal.sync()
      }
    }
    try append([run(0, 6, 1)], to: journal)
    #expect(try journal.fileToSync().sync() == ())
    journal.syncSucceeded()
    #expect(lossy.hasFailed)
    #expect(journal.mark == JournalMark(segment: 0, records: 8))
    #expect(try open().resume(after: .beginning) == [run(0, 5, 5), run(1, 2, 2), run(0, 6, 1)])
  }

  @Test func whereNoFileCanBeSyncedTheJournalWaitsAndThenGoesOn() throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    FileFaults.with({ [directory] in $1.hasPrefix(directory.path) && $0 == "sync" ? EIO : nil }) {
      #expect(throws: JournalProblem.self) { try journal.sync() }
      #expect(throws: JournalProblem.self) { try append([run(1, 2, 2)], to: journal) }
    }
    try journal.flush()
    #expect(try open().resume(after: .beginning) == [run(0, 5, 5), run(1, 2, 2)])
  }

  @Test func anotherJournalAtThePathIsLeftAlone() throws {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    try FileManager.default.moveItem(atPath: directory.path("journal"), toPath: directory.path("moved"))
    let other = try open()
    try append([run(3, 4, 4)], to: other)
    #expect(throws: JournalProblem.replaced(directory.path("journal"))) {
      try journal.branch(after: .beginning, at: nil)
    }
    #expect(try open().resume(after: .beginning) == [run(3, 4, 4)])
    try FileManager.default.removeItem(atPath: directory.path("journal"))
    try FileManager.default.moveItem(atPath: directory.path("moved"), toPath: directory.path("journal"))
    try journal.branch(after: .beginning, at: nil)
  }

  @Test func longSegmentsAreFollowedByNewOnesAndOldOnesRemoved() throws {
    let journal = try open()
    var expected: [JournalRun] = []
    var early: JournalMark?
    for round: Int64 in 0..<3 {
      for offset in (round * 300_000)..<(round * 300_000 + 300_000) {
        let partition = Int32(offset % 2)
        expected.append(run(partition, offset + 1, 1))
        try journal.append(partition: partition, nextOffset: offset + 1, count: 1)
      }
      try journal.flush()
      if round == 1 { early = journal.mark }
      try journal.sync()
    }
    #expect(journal.mark.segment > 0)
    let again = try open()
    #expect(try again.resume(after: .beginning) == expected)
    let oldest = JournalMark(segment: try #require(early).segment, records: 0)
    try again.remove(before: oldest)
    #expect(try open().resume(after: #require(early)).count == 300_000)
    if oldest.segment > 0 {
      #expect(throws: JournalProblem.self) { try open().resume(after: .beginning) }
    }
  }
}
