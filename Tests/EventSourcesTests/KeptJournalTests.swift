import Foundation
import TestSupport
import Testing

@testable import EventSources

/// The journal that an older version wrote gives the order in which that version learned.
@Suite struct KeptJournalTests {
  private struct Expected: Decodable {
    struct Position: Decodable { var journal: JournalMark }
    var position: Position
    /// Partition, next offset and count of each run, as the page on sources says they are to be read.
    var journal: [[Int64]]
  }

  @Test func theRunsAfterTheNewestSnapshotAreThoseThatWereWritten() throws {
    let kept = try KeptState("partitions")
    let expected = try JSONDecoder().decode(Expected.self, from: kept.expected())
    let journal = try OrderJournal(directory: kept.state + "/journal")
    #expect(journal.droppedBytes == 0)
    let runs = try journal.resume(after: expected.position.journal)
    #expect(runs.map { [Int64($0.partition), $0.nextOffset, Int64($0.count)] } == expected.journal)
    #expect(Set(runs.filter { $0.count > 0 }.map(\.partition)) == [0, 1, 2, 3])
    #expect(runs.contains { $0.count == 0 })
  }
}
