import EventSources
import Testing

/// How a position moves without records.
@Suite struct SourcePositionTests {
  let last = LastRecord(offset: 19, timestamp: 5, checksum: RecordChecksum(1))

  var position: SourcePosition {
    SourcePosition(
      kind: .kafka, identity: "c/t",
      partitions: [
        PartitionPosition(partition: 0, nextOffset: 20, lastRecord: last, recordsLearned: 20),
        PartitionPosition(partition: 1, nextOffset: 7),
      ])
  }

  @Test func anEndMovesAPositionOnAndNeverBack() {
    var moved = position
    #expect(moved.reachEnd(of: 0, at: 21) && moved[0]?.nextOffset == 21)
    #expect(moved[0]?.lastRecord == last && moved.recordsLearned == 20)
    for end: Int64 in [21, 20, 0] { #expect(!moved.reachEnd(of: 0, at: end) && moved[0]?.nextOffset == 21) }
    #expect(!moved.reachEnd(of: 5, at: 3) && moved.partitions.count == 2)
  }

  @Test func aJournalThatBeginsFurtherAheadIsFollowed() {
    func followed(_ runs: [JournalRun]) -> [Int64] {
      var position = position
      position.follow(runs)
      #expect(position[0]?.lastRecord == last)
      return position.partitions.map(\.nextOffset)
    }
    let end = JournalRun(partition: 0, nextOffset: 21, count: 0)
    let run = JournalRun(partition: 1, nextOffset: 9, count: 2)
    #expect(followed([end]) == [21, 7] && followed([run, end]) == [21, 7])
    // Not what comes after records of the partition, nor a way back or what follows that.
    #expect(followed([JournalRun(partition: 0, nextOffset: 22, count: 2), end]) == [20, 7])
    #expect(followed([JournalRun(partition: 0, nextOffset: 3, count: 0), end]) == [20, 7])
  }

  /// Only a position that holds nothing to compare with the topic is followed in whichever topic is there now.
  @Test func aRewindCountsTheSourcesOfThePresentTopic() {
    func topic(_ predecessors: UInt64?, records: Bool = false, id: String? = nil) -> SourcePosition {
      var partition = PartitionPosition(partition: 0, nextOffset: 0)
      if records { partition.lastRecord = LastRecord(offset: 0, timestamp: 0, checksum: RecordChecksum(1)) }
      var position = SourcePosition(
        kind: .kafka, identity: "c/t", partitions: [partition], predecessors: predecessors)
      position.topicID = id
      return position
    }
    let present = topic(2, records: true)
    #expect(topic(nil).predecessors(rewoundFrom: present, isInAnother: false) == 2)
    #expect(topic(1).predecessors(rewoundFrom: present, isInAnother: true) == 3)
    #expect(topic(nil, id: "a").predecessors(rewoundFrom: present, isInAnother: false) == 2)
    #expect(topic(nil, records: true).predecessors(rewoundFrom: present, isInAnother: false) == nil)
    #expect(topic(1, id: "a").predecessors(rewoundFrom: topic(2, id: "b"), isInAnother: false) == 1)
    #expect(topic(nil).predecessors(rewoundFrom: nil, isInAnother: true) == nil)
    let file = SourcePosition(kind: .file, identity: "head:9:1", predecessors: 1)
    #expect(file.predecessors(rewoundFrom: SourcePosition(kind: .file, identity: "head:9:1"), isInAnother: true) == 1)
  }

  /// A position that was rewound and then found in another topic is in the newest one that is known, unless that had
  /// another id.
  @Test func anotherSourceAfterARewindIsTheNewestOne() {
    func number(of predecessors: UInt64?, newest: UInt64?, id: String? = nil, found: String? = nil) -> UInt64? {
      var position = SourcePosition(kind: .kafka, identity: "c/t", predecessors: predecessors)
      var newest = SourcePosition(kind: .kafka, identity: "c/t", predecessors: newest)
      newest.topicID = id
      position.enterSuccessor(newest: newest, topicID: found)
      return position.predecessors
    }
    #expect(number(of: nil, newest: nil) == 1 && number(of: 1, newest: 1) == 2)
    #expect(number(of: nil, newest: 1) == 1 && number(of: nil, newest: 5) == 5)
    #expect(number(of: nil, newest: 5, id: "a") == 5 && number(of: nil, newest: 5, found: "a") == 5)
    #expect(number(of: nil, newest: 5, id: "a", found: "a") == 5)
    #expect(number(of: nil, newest: 5, id: "a", found: "b") == 6)
  }
}
