import Foundation
import TestSupport
import Testing

@testable import EventSources

/// Where the journal's lines begin and end, whatever crash comes between.
@Suite struct JournalLinesTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func open(sizeLimit: UInt64? = nil) throws -> OrderJournal {
    try OrderJournal(directory: directory.path("journal"), sizeLimit: sizeLimit)
  }

  private func run(_ partition: Int32, _ nextOffset: Int64, _ count: UInt32) -> JournalRun {
    JournalRun(partition: partition, nextOffset: nextOffset, count: count)
  }

  private func append(_ runs: [JournalRun], to journal: OrderJournal) throws {
    for run in runs { try journal.append(partition: run.partition, nextOffset: run.nextOffset, count: run.count) }
    try journal.flush()
  }

  private let kept = SourcePosition(
    kind: .kafka, identity: "c/t",
    partitions: [PartitionPosition(partition: 0, nextOffset: 9), PartitionPosition(partition: 1, nextOffset: 2)])

  /// A journal of five records, a snapshot, six more, and the line that a rollback to the snapshot named.
  private func abandoned() throws -> (OrderJournal, snapshot: JournalMark, line: JournalMark) {
    let journal = try open()
    try append([run(0, 5, 5)], to: journal)
    let snapshot = journal.mark
    try append([run(1, 2, 2), run(0, 9, 4)], to: journal)
    return (journal, snapshot, try journal.nameBranch(after: snapshot))
  }

  @Test func aLineThatWasOnlyNamedChangesNothing() throws {
    let (journal, snapshot, _) = try abandoned()
    let size = journal.size
    _ = try journal.nameBranch(after: snapshot)
    #expect(journal.size == size && journal.mark == JournalMark(segment: 0, records: 11))
    #expect(try open().resume(after: snapshot) == [run(1, 2, 2), run(0, 9, 4)])
  }

  @Test func aLineIsBegunByTheFirstStartThatKnowsItsName() throws {
    let (_, snapshot, line) = try abandoned()
    let first = try open()
    #expect(try first.resume(after: line, at: kept) == [run(0, 9, 0), run(1, 2, 0)])
    try append([run(1, 3, 1)], to: first)
    let again = try open()
    #expect(try again.resume(after: line, at: kept) == [run(0, 9, 0), run(1, 2, 0), run(1, 3, 1)])
    #expect(again.numbers == [0, 1])
    #expect(try again.resume(after: snapshot) == [run(0, 9, 0), run(1, 2, 0), run(1, 3, 1)])
  }

  @Test func whereverACrashComesTheLineIsBegunOnce() throws {
    let (journal, snapshot, line) = try abandoned()
    try journal.begin(line, at: kept)
    let path = JournalSegment.path(1, in: journal.directory)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in 0...whole.count {
      for name in try FileManager.default.contentsOfDirectory(atPath: journal.directory).sorted().dropFirst() {
        try FileManager.default.removeItem(atPath: journal.directory + "/" + name)
      }
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      let again = try open()
      #expect(try again.resume(after: line, at: kept) == [run(0, 9, 0), run(1, 2, 0)])
      #expect(again.numbers.count == 2 && again.mark.segment > 0 && again.mark.records == 0)
      #expect(try open().resume(after: snapshot) == [run(0, 9, 0), run(1, 2, 0)])
      #expect(try open().resume(after: .beginning) == [run(0, 5, 5), run(0, 9, 0), run(1, 2, 0)])
      #expect(again.size == UInt64(whole.count) + 128)
    }
  }

  @Test func anotherSegmentOfTheSameNumberIsNotTheLine() throws {
    let (journal, _, line) = try abandoned()
    // The rollback failed: the old line went on, in a segment of the number that the rollback's would have had.
    try journal.branch(after: journal.mark, at: nil)
    try append([run(0, 12, 3)], to: journal)
    let again = try open()
    #expect(try again.resume(after: line, at: kept) == [run(0, 9, 0), run(1, 2, 0)])
    #expect(again.mark == JournalMark(segment: 2, records: 0))
  }

  @Test func aLineMayBeginWhereAnotherBegan() throws {
    let (journal, _, line) = try abandoned()
    try journal.begin(line, at: kept)
    try append([run(1, 3, 1)], to: journal)
    let second = try journal.nameBranch(after: line)
    #expect(second.segment == 1 && second.records == 0 && second.branch != line.branch)
    try journal.begin(second, at: kept)
    #expect(try open().resume(after: line) == [run(0, 9, 0), run(1, 2, 0)])
    #expect(try open().resume(after: second) == [run(0, 9, 0), run(1, 2, 0)])
  }

  @Test func aHeaderThatAFailedAttemptLeftIsNoRun() throws {
    let (journal, snapshot, _) = try abandoned()
    try FileManager.default.copyItem(
      atPath: JournalSegment.path(0, in: journal.directory), toPath: JournalSegment.path(1, in: journal.directory))
    try journal.branch(after: snapshot, at: kept)
    #expect(try open().resume(after: snapshot) == [run(0, 9, 0), run(1, 2, 0)])
  }

  @Test func marksOfAJournalThatIsGoneMeanNoSegmentOfTheNext() throws {
    let gone = JournalMark(segment: 3, records: 7)
    let journal = try open()
    #expect(throws: JournalProblem.notOnLine(gone)) { try journal.resume(after: gone) }
    try journal.branch(after: gone, at: kept)
    try append([run(1, 3, 1)], to: journal)
    #expect(journal.mark == JournalMark(segment: 4, records: 1))
    #expect(try open().resume(after: gone) == [run(0, 9, 0), run(1, 2, 0), run(1, 3, 1)])
  }

  @Test func aJumpStaysWithWhatComesAfterIt() throws {
    let journal = try open(sizeLimit: 4096)
    for offset in Int64(1)...100 { try append([run(Int32(offset % 2), offset, 1)], to: journal) }
    try journal.appendJump(partition: 0, nextOffset: 500)
    try journal.sync()
    try append([run(0, 501, 1)], to: journal)
    try journal.sync()
    #expect(journal.numbers == [0, 1])
    #expect(try open().resume(after: .beginning).suffix(2) == [run(0, 500, 0), run(0, 501, 1)])
  }

  @Test func theOldestSegmentsGoBeyondTheSizeButNoneThatAStartNeeds() throws {
    let journal = try open(sizeLimit: 4096)
    var marks: [JournalMark] = []
    for round in Int64(0)..<20 {
      marks.append(journal.mark)
      for offset in (round * 40)..<(round * 40 + 40) {
        try append([run(Int32(offset % 2), offset + 1, 1)], to: journal)
      }
      _ = try journal.fileToSync()
    }
    let last = journal.mark
    #expect(journal.size > 4096 && last.segment > 8)
    #expect(try !journal.trim(keeping: marks[0]))
    #expect(try journal.resume(after: marks[0]).count == 800)
    #expect(try journal.trim(keeping: last))
    #expect(journal.size <= 4096 && journal.size > 1024)
    // Held is what comes after the newest marks alone, and others learn in an order of their own.
    let again = try open(sizeLimit: 4096)
    #expect(try again.size == journal.size && again.holds(last) && !again.holds(marks[0]))
    #expect(try again.holds(marks[19]) && again.resume(after: marks[19]).count == 40)
    #expect(throws: JournalProblem.notOnLine(marks[0])) { try again.resume(after: marks[0]) }
    let line = try again.nameBranch(after: marks[0])
    try again.begin(line, at: kept)
    #expect(try again.holds(line) && JournalSegments(directory: again.directory).hold(line))
    #expect(try open().resume(after: line) == [run(0, 9, 0), run(1, 2, 0)])
    #expect(try open().resume(after: marks[0]) == [run(0, 9, 0), run(1, 2, 0)])
  }
}
