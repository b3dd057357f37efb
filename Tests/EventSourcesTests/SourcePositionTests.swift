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

  @Test func onlyAPositionWithoutRecordAndIdHoldsNothingToCompare() {
    func topic(records: Bool = false, id: String? = nil, kind: SourceKind = .kafka) -> SourcePosition {
      var partition = PartitionPosition(partition: 0, nextOffset: 5)
      if records { partition.lastRecord = LastRecord(offset: 4, timestamp: 0, checksum: RecordChecksum(1)) }
      var position = SourcePosition(kind: kind, identity: "c/t", partitions: [partition])
      position.topicID = id
      return position
    }
    #expect(topic().holdsNothingToCompare(withTopic: "a") && topic(id: "a").holdsNothingToCompare(withTopic: nil))
    #expect(!topic(id: "a").holdsNothingToCompare(withTopic: "b"))
    #expect(!topic(records: true).holdsNothingToCompare(withTopic: nil))
    #expect(!topic(kind: .file).holdsNothingToCompare(withTopic: nil))
  }

  /// A position that was rewound is, in another topic, in the newest one that is known, unless that had another id.
  @Test func aTopicThatIsFoundAgainKeepsItsNumber() {
    func topic(_ predecessors: UInt64?, id: String? = nil) -> SourcePosition {
      var position = SourcePosition(kind: .kafka, identity: "c/t", predecessors: predecessors)
      position.topicID = id
      return position
    }
    func successor(of predecessors: UInt64?, newest: SourcePosition?, found: String? = nil) -> UInt64? {
      var position = topic(predecessors)
      position.enterSuccessor(newest: newest, topicID: found)
      return position.predecessors
    }
    #expect(successor(of: nil, newest: nil) == 1 && successor(of: nil, newest: topic(nil)) == 1)
    #expect(successor(of: 1, newest: topic(1)) == 2)
    #expect(successor(of: nil, newest: topic(1)) == 1 && successor(of: nil, newest: topic(5)) == 5)
    #expect(successor(of: nil, newest: topic(5, id: "a")) == 5)
    #expect(successor(of: nil, newest: topic(5), found: "a") == 5)
    #expect(successor(of: nil, newest: topic(5, id: "a"), found: "a") == 5)
    #expect(successor(of: nil, newest: topic(5, id: "a"), found: "b") == 6)

    func present(_ position: SourcePosition, newest: SourcePosition) -> UInt64? {
      var position = position
      position.enterPresentTopic(newest: newest)
      return position.predecessors
    }
    #expect(present(topic(nil), newest: topic(nil)) == nil && present(topic(nil), newest: topic(2)) == 2)
    #expect(present(topic(3), newest: topic(2)) == 3)
    #expect(present(topic(nil, id: "b"), newest: topic(2, id: "a")) == 3)
  }

  @Test func theNewestSourceIsOneOfTheSameTopic() {
    func topic(_ identity: String, _ predecessors: UInt64?) -> SourcePosition {
      SourcePosition(kind: .kafka, identity: identity, predecessors: predecessors)
    }
    let known = [
      topic("c/t", nil), topic("c/t", 2), topic("c/t", 1), topic("c/other", 7),
      SourcePosition(kind: .file, identity: "head:9:1", predecessors: 9),
    ]
    #expect(topic("c/t", nil).newestSource(of: known) == topic("c/t", 2))
    #expect(topic("c/new", nil).newestSource(of: known) == nil)
    #expect(SourcePosition(kind: .file, identity: "head:9:0").newestSource(of: known)?.predecessors == 9)
  }
}
