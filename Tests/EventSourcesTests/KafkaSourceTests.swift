import Kafka
import Testing
import Threads

@testable import EventSources

/// Against librdkafka's own mock cluster, which can be made to fail.
@Suite(.serialized) struct KafkaSourceTests: OnMockCluster {
  let cluster: KafkaMockCluster

  init() throws {
    cluster = try KafkaMockCluster()
  }

  func settings(_ topic: String = "events") -> KafkaSourceSettings {
    KafkaSourceSettings(topic: topic, properties: properties)
  }

  func numbers(_ range: Range<Int>, _ prefix: String = "") -> [String] { range.map { "\(prefix)\($0)" } }

  @Test func aClusterThatDidNotTellItsIdMayBeAnyButATopicIsItself() {
    #expect(KafkaStart.mayBeSame("abc/events", "abc/events"))
    #expect(
      KafkaStart.mayBeSame("unknown/events", "abc/events") && KafkaStart.mayBeSame("abc/events", "unknown/events"))
    #expect(!KafkaStart.mayBeSame("abc/events", "xyz/events") && !KafkaStart.mayBeSame("abc/events", "abc/others"))
    #expect(!KafkaStart.mayBeSame("unknown/events", "abc/others") && !KafkaStart.mayBeSame("abc/a", "unknown/b"))
  }

  @Test func aFreshStartReadsFromTheBeginning() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(numbers(0..<300))
    let source = try KafkaSource(settings())
    let report = try source.start(at: nil, missing: .refuse, replaying: [])
    #expect(report.notes == [.newPartition(partition: 0, startsAt: 0)])
    #expect(report.position.identity.hasSuffix("/events"))
    var collected = Collected(report)
    collected.take(300, from: source)
    #expect(collected.texts == numbers(0..<300))
    #expect(collected.position[0]?.nextOffset == 300)
    #expect(collected.position.recordsLearned == 300)
    collected.take(1, from: source, patience: 3)
    #expect(collected.last == .idle(caughtUp: true))
  }

  @Test func aFreshStartReadsFromTheOffsetsNamed() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<100, "a"), partition: 0)
    try produce(numbers(0..<50, "b"), partition: 1)
    func start(_ offsets: [Int32: Int64]) throws -> Collected {
      var settings = settings()
      settings.startsAt = .offsets(offsets)
      let source = try KafkaSource(settings)
      #expect(source.hasCertainStart)
      var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
      collected.take(13, from: source)
      return collected
    }
    #expect(try start([0: 90, 1: 47]).texts.sorted() == numbers(90..<100, "a") + numbers(47..<50, "b"))
    // Told when it starts, whatever the settings say.
    let source = try KafkaSource(settings())
    let report = try source.start(at: nil, missing: .offsets([0: 100, 1: 50]), replaying: [])
    #expect(report.position.partitions.map(\.nextOffset) == [100, 50])

    let beyond = #expect(throws: SourceProblem.self) { try start([0: 101, 1: 47]) }
    #expect(beyond?.kind == .positionLost && beyond?.lost.map(\.partition) == [0])
    for offsets: [Int32: Int64] in [[0: 1], [0: 1, 1: 2, 2: 3], [:]] {
      let problem = #expect(throws: SourceProblem.self) { try start(offsets) }
      #expect(problem?.kind == .configuration && problem?.message.contains("source.kafka.start_from") == true)
    }
  }

  @Test func onlyPartitionsThatLostTheirPositionsNeedOffsets() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<10, "a"), partition: 0)
    try produce(numbers(0..<10, "b"), partition: 1)
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(20, from: source)
    var beyond = collected.position
    beyond.jump(partition: 1, to: 99)
    let report = try source.seek(to: beyond, missing: .offsets([1: 7]))
    #expect(report.position.partitions.map(\.nextOffset) == [10, 7])
    #expect(throws: SourceProblem.self) { try source.seek(to: beyond, missing: .offsets([0: 7])) }
    #expect(throws: SourceProblem.self) { try source.seek(to: beyond, missing: .offsets([0: 7, 1: 7])) }
  }

  @Test func anIntactPositionIsKeptAndRefusesAnExactPlace() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<10, "a"), partition: 0)
    try produce(numbers(0..<10, "b"), partition: 1)
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(20, from: source)
    for policy in [MissingPositionPolicy.offsets([0: 7, 1: 7]), .time(milliseconds: 0)] {
      let problem = #expect(throws: SourceProblem.self) { try source.seek(to: collected.position, missing: policy) }
      #expect(problem?.kind == .configuration)
      #expect(problem?.message.contains("partition 0 at offset 10, partition 1 at offset 10") == true)
      #expect(problem?.message.contains("resume with `earliest`") == true)
    }
    for policy in [MissingPositionPolicy.earliest, .latest] {
      #expect(
        try source.seek(to: collected.position, missing: policy).position.partitions.map(\.nextOffset)
          == collected.position.partitions.map(\.nextOffset))
    }
  }

  @Test func aSavedPositionGoesOnAfterItsLastRecord() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<100, "a"), partition: 0)
    try produce(numbers(0..<100, "b"), partition: 1)
    let first = try KafkaSource(settings())
    var collected = try Collected(first.start(at: nil, missing: .refuse, replaying: []))
    collected.take(120, from: first, maximum: 7)
    first.close()
    let second = try KafkaSource(settings())
    let report = try second.start(at: collected.position, missing: .refuse, replaying: [])
    for partition in collected.position.partitions {
      // The start vouches for what it read again.
      let record = try #require(partition.lastRecord)
      collected.position.remember(SourceCheck(milliseconds: 0, records: [partition.partition: record]))
    }
    #expect(report.position == collected.position)
    #expect(report.notes.allSatisfy { if case .lastRecordVerified = $0 { true } else { false } })
    #expect(!report.notes.isEmpty)
    collected.take(80, from: second)
    #expect(Set(collected.texts).count == 200)
    for partition: Int32 in 0...1 {
      let own = collected.records.filter { $0.partition == partition }
      #expect(own.map(\.offset) == Array(0..<100))
    }
    // The same source seeks, too; nothing fetched before is delivered.
    var earlier = collected.position
    earlier.jump(partition: 0, to: 40)
    earlier.jump(partition: 1, to: 90)
    var again = try Collected(second.seek(to: earlier))
    again.take(70, from: second)
    #expect(again.records.map(\.offset).sorted() == (Array(40..<100) + Array(90..<100)).sorted())
  }

  @Test func anotherPayloadMeansAnotherTopic() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(numbers(0..<10))
    let source = try KafkaSource(settings())
    var position = try source.start(at: nil, missing: .refuse, replaying: []).position
    position.partitions[0] = PartitionPosition(
      partition: 0, nextOffset: 5, lastRecord: LastRecord(offset: 4, timestamp: 0, checksum: RecordChecksum(77)))
    let problem = #expect(throws: SourceProblem.self) {
      try source.start(at: position, missing: .refuse, replaying: [])
    }
    #expect(problem?.kind == .otherSource)
    #expect(problem?.needsPosition == true)
    #expect(problem?.lost == [LostPosition(partition: 0, wanted: 5, earliest: 0, latest: 10)])
    let report = try source.start(at: position, missing: .latest, replaying: [])
    #expect(report.position[0]?.nextOffset == 10 && report.isAnotherSource)
    var collected = Collected(report)
    try produce(["new"])
    collected.take(1, from: source)
    #expect(collected.texts == ["new"])
  }

  @Test func anotherClusterIsAnotherTopic() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(numbers(0..<10))
    let source = try KafkaSource(settings())
    let position = SourcePosition(
      kind: .kafka, identity: "elsewhere/events", partitions: [PartitionPosition(partition: 0, nextOffset: 3)])
    let problem = #expect(throws: SourceProblem.self) {
      try source.start(at: position, missing: .refuse, replaying: [])
    }
    #expect(problem?.kind == .otherSource)
    #expect(problem?.message.contains("elsewhere/events") == true)
  }

  @Test func aPositionPastTheEndIsLost() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<10))
    let source = try KafkaSource(settings())
    var position = try source.start(at: nil, missing: .refuse, replaying: []).position
    position.jump(partition: 0, to: 50)
    position.jump(partition: 1, to: 0)
    let problem = #expect(throws: SourceProblem.self) {
      try source.start(at: position, missing: .refuse, replaying: [])
    }
    #expect(problem?.kind == .positionLost)
    #expect(problem?.lost == [LostPosition(partition: 0, wanted: 50, earliest: 0, latest: 10)])
    let report = try source.start(at: position, missing: .earliest, replaying: [])
    #expect(report.position.partitions.map(\.nextOffset) == [0, 0] && report.isAnotherSource)
  }

  /// Of a topic that lost the end of one partition the other still vouches for it.
  @Test func aTopicThatARecordVouchesForIsNoOther() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<10, "a"), partition: 0)
    try produce(numbers(0..<10, "b"), partition: 1)
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(20, from: source)
    collected.position.jump(partition: 0, to: 50)
    let report = try source.seek(to: collected.position, missing: .earliest)
    #expect(report.position.partitions.map(\.nextOffset) == [0, 10] && !report.isAnotherSource)
  }

  @Test func aPositionThatRetentionRemovedIsLost() throws {
    // The mock keeps 5 MB: most of 12 MB are gone.
    try cluster.createTopic("events", partitions: 1)
    let source = try KafkaSource(settings())
    let fresh = try source.start(at: nil, missing: .refuse, replaying: []).position
    let filler = String(repeating: "x", count: 4000)
    try produce(numbers(0..<3000, filler))
    let problem = #expect(throws: SourceProblem.self) {
      try source.start(at: fresh, missing: .refuse, replaying: [])
    }
    #expect(problem?.kind == .positionLost)
    let report = try source.start(at: fresh, missing: .earliest, replaying: [])
    var collected = Collected(report)
    let first = try #require(report.position[0]?.nextOffset)
    collected.take(Int(3000 - first), from: source)
    #expect(collected.records.first?.offset == first)
    #expect(collected.records.last?.offset == 2999)
  }

  @Test func aPositionThatDisappearsWhileRunningIsLost() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(["one"])
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(1, from: source)
    // One fetch is answered late, and in vain; what is produced meanwhile is more than the mock keeps.
    try cluster.failNext(.fetch, broker: 1, error: 6, delayMilliseconds: 3000)
    collected.take(1, from: source, patience: 3)
    let filler = String(repeating: "x", count: 400_000)
    try produce(numbers(0..<40, filler))
    collected.take(40, from: source)
    if case .problem(let problem) = collected.last {
      // A start tells what it means.
      #expect(problem.needsRestart && problem.isTransient)
      let lost = #expect(throws: SourceProblem.self) { try source.seek(to: collected.position) }
      #expect(lost?.kind == .positionLost)
      #expect(lost?.lost.first?.wanted == collected.position[0]?.nextOffset)
      #expect((lost?.lost.first?.earliest ?? 0) > (lost?.lost.first?.wanted ?? 0))
    } else {
      // It was quick enough to read all of it, which is no fault.
      #expect(collected.records.map(\.offset) == Array(0..<41))
    }
  }

  @Test func anOrderIsReplayed() throws {
    try cluster.createTopic("events", partitions: 4)
    for partition: Int32 in 0..<4 { try produce(numbers(0..<200, "\(partition)-"), partition: partition) }
    let fresh = try KafkaSource(settings()).start(at: nil, missing: .refuse, replaying: []).position
    // A made-up order, with runs of one record and longer ones.
    var runs: [JournalRun] = []
    var next: [Int64] = [0, 0, 0, 0]
    for step in 0..<300 {
      let partition = step * step % 7 % 4
      let count = step % 5 == 0 ? 3 : 1
      guard next[partition] + Int64(count) <= 200 else { continue }
      next[partition] += Int64(count)
      runs.append(JournalRun(partition: Int32(partition), nextOffset: next[partition], count: UInt32(count)))
    }
    let expected = runs.flatMap { run in
      (run.nextOffset - Int64(run.count)..<run.nextOffset).map { "\(run.partition)-\($0)" }
    }
    for maximum in [1000, 7] {
      let source = try KafkaSource(settings())
      var collected = try Collected(source.start(at: fresh, missing: .refuse, replaying: runs))
      collected.take(expected.count, from: source, maximum: maximum)
      #expect(collected.texts == expected)
      // Then the rest, live.
      collected.take(800 - expected.count, from: source)
      #expect(Set(collected.texts).count == 800)
      for partition: Int32 in 0..<4 {
        #expect(collected.records.filter { $0.partition == partition }.map(\.offset) == Array(0..<200))
      }
      collected.take(1, from: source, patience: 5)
      #expect(collected.last == .idle(caughtUp: true))
    }
  }

  @Test func aReplayJumpsWhereItsJournalDid() throws {
    try cluster.createTopic("events", partitions: 2)
    for partition: Int32 in 0..<2 { try produce(numbers(0..<100, "\(partition)-"), partition: partition) }
    let source = try KafkaSource(settings())
    let fresh = try source.start(at: nil, missing: .refuse, replaying: []).position
    let runs = [
      JournalRun(partition: 1, nextOffset: 2, count: 2), JournalRun(partition: 0, nextOffset: 1, count: 1),
      JournalRun(partition: 1, nextOffset: 50, count: 0), JournalRun(partition: 0, nextOffset: 2, count: 1),
      JournalRun(partition: 1, nextOffset: 52, count: 2),
    ]
    var collected = try Collected(source.start(at: fresh, missing: .refuse, replaying: runs))
    collected.take(6, from: source)
    #expect(collected.texts == ["1-0", "1-1", "0-0", "0-1", "1-50", "1-51"])
    collected.take(98 + 48, from: source)
    #expect(collected.records.filter { $0.partition == 1 }.map(\.offset) == [0, 1] + Array(50..<100))
    #expect(collected.records.filter { $0.partition == 0 }.map(\.offset) == Array(0..<100))
    // Back as well, and where only one partition has records.
    for one in [0, 1] as [Int32] {
      let back =
        [JournalRun(partition: 0, nextOffset: 30, count: 30), JournalRun(partition: 0, nextOffset: 10, count: 0)]
        + [JournalRun(partition: one, nextOffset: one == 0 ? 12 : 2, count: 2)]
      var again = try Collected(source.start(at: fresh, missing: .refuse, replaying: back))
      again.take(32, from: source)
      #expect(again.records.filter { $0.partition == 0 }.map(\.offset) == Array(0..<30) + (one == 0 ? [10, 11] : []))
    }
  }

  /// Assigned anew while they still stopped, partitions were stopped twice, which ended the process.
  @Test func aReplayWithManyJumpsStartsWhileRecordsArrive() throws {
    try cluster.createTopic("events", partitions: 4)
    for partition: Int32 in 0..<4 { try produce(numbers(0..<200, "\(partition)-"), partition: partition) }
    let source = try KafkaSource(settings())
    var known = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    known.take(400, from: source)
    for partition: Int32 in 0..<4 { known.position.jump(partition: partition, to: 0) }
    let isOver = Lock(false)
    let properties = properties
    let writer = DedicatedThread(name: "writer") {
      guard let producer = try? KafkaProducer(KafkaConfiguration(properties)) else { return }
      while !isOver.withLock({ $0 }) {
        for partition: Int32 in 0..<4 { try? producer.produce("later", to: "events", partition: partition) }
        producer.poll(timeoutMilliseconds: 1)
      }
    }
    defer {
      isOver.withLock { $0 = true }
      writer.join()
    }
    for round in 0..<10 {
      // Each partition jumps, far and back, between its records.
      let runs =
        (0..<4).map { JournalRun(partition: $0, nextOffset: 1, count: 1) }
        + (0..<4).flatMap { partition in
          [
            JournalRun(partition: partition, nextOffset: 150, count: 0),
            JournalRun(partition: partition, nextOffset: 5, count: 0),
          ]
        } + (0..<4).map { JournalRun(partition: $0, nextOffset: 8, count: 3) }
      var collected = try Collected(source.start(at: known.position, missing: .refuse, replaying: runs))
      collected.take(16, from: source)
      let offsets: [Int64] = Array(repeating: 0, count: 4) + Array(repeating: [5, 6, 7], count: 4).flatMap(\.self)
      #expect(collected.records.map(\.offset) == offsets, "round \(round)")
    }
  }

  @Test func anOrderThatCannotBeReplayedIsAProblem() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<10))
    try produce(numbers(0..<10, "b"), partition: 1)
    let source = try KafkaSource(settings())
    let fresh = try source.start(at: nil, missing: .refuse, replaying: []).position
    // Ten records cannot end at offset 9, nor eleven at the end.
    for (end, count) in [(Int64(9), UInt32(8)), (10, 9)] {
      let runs = [
        JournalRun(partition: 0, nextOffset: 2, count: 2), JournalRun(partition: 1, nextOffset: 1, count: 1),
        JournalRun(partition: 0, nextOffset: end, count: count),
      ]
      var collected = try Collected(source.start(at: fresh, missing: .refuse, replaying: runs))
      collected.take(20, from: source)
      #expect(Array(collected.texts.prefix(3)) == ["0", "1", "b0"])
      guard case .problem(let problem) = collected.last else {
        Issue.record("no problem but \(collected.last)")
        return
      }
      #expect(problem.kind == .replayImpossible)
      // Told to go on, it does so where it stands.
      let left = 20 - collected.records.count
      var rest = try Collected(source.start(at: collected.position, missing: .earliest, replaying: []))
      rest.take(left, from: source)
      #expect((collected.texts + rest.texts).sorted() == (numbers(0..<10) + numbers(0..<10, "b")).sorted())
    }
  }

  @Test func anOrderOfOnePartitionNeedsNotAllOfItsRecords() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(numbers(0..<10))
    try produce(numbers(0..<3, "b"), partition: 1)
    let source = try KafkaSource(settings())
    let fresh = try source.start(at: nil, missing: .refuse, replaying: []).position
    // More than there are up to offset 6, as if compaction had taken some.
    let runs = [JournalRun(partition: 0, nextOffset: 2, count: 9), JournalRun(partition: 0, nextOffset: 6, count: 30)]
    var collected = try Collected(source.start(at: fresh, missing: .refuse, replaying: runs))
    collected.take(13, from: source, maximum: 4)
    // Those first, then what is there of all partitions.
    #expect(Array(collected.texts.prefix(6)) == numbers(0..<6))
    #expect(collected.texts.sorted() == (numbers(0..<10) + numbers(0..<3, "b")).sorted())
  }

  @Test func aStartBeginsWhereTheJournalSaysThatItsFreshStartDid() throws {
    try cluster.createTopic("events", partitions: 3)
    try produce(numbers(0..<100))
    for partition: Int32 in 1..<3 { try produce(numbers(0..<20, "\(partition)-"), partition: partition) }
    var late = settings()
    late.startsAt = .latest
    let source = try KafkaSource(late)
    // Four records up to offset 60: by the count alone it would have begun at 56.
    let runs = [
      JournalRun(partition: 0, nextOffset: 50, count: 0), JournalRun(partition: 1, nextOffset: 17, count: 0),
      JournalRun(partition: 0, nextOffset: 60, count: 4),
    ]
    let report = try source.start(at: nil, missing: .refuse, replaying: runs)
    // A partition that the journal does not name appeared later.
    #expect(report.position.partitions.map(\.nextOffset) == [50, 17, 0])
    var collected = Collected(report)
    collected.take(50 + 3 + 20, from: source)
    #expect(Array(collected.texts.prefix(10)) == numbers(50..<60))
    #expect(collected.texts.count == 73)
  }

  @Test func aBrokerThatIsDownIsAPassingProblem() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(numbers(0..<10))
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(10, from: source)
    try cluster.setDown(broker: 1)
    var problem: SourceProblem?
    for _ in 0..<200 where problem == nil {
      if case .problem(let found) = source.nextBatch(maximum: 10, timeoutMilliseconds: 100, { _ in }) {
        problem = found
      }
    }
    #expect(problem?.kind == .unreachable)
    #expect(problem?.isTransient == true)
    try cluster.setUp(broker: 1)
    try produce(numbers(10..<20))
    collected.take(10, from: source)
    #expect(collected.texts == numbers(0..<20))
  }

  @Test func aStartWithoutABrokerGivesUpInTime() throws {
    try cluster.setDown(broker: 1)
    var hurried = settings()
    hurried.startTimeoutMilliseconds = 300
    let source = try KafkaSource(hurried)
    let problem = #expect(throws: SourceProblem.self) { try source.start(at: nil, missing: .refuse, replaying: []) }
    #expect(problem?.kind == .unreachable)
    #expect(problem?.isTransient == true)
    try cluster.setUp(broker: 1)
    try cluster.createTopic("events", partitions: 1)
    try produce(["one"])
    var patient = settings()
    patient.startTimeoutMilliseconds = 30_000
    let again = try KafkaSource(patient)
    var collected = try Collected(again.start(at: nil, missing: .refuse, replaying: []))
    collected.take(1, from: again)
    #expect(collected.texts == ["one"])
  }

  @Test func brokenFetchesLoseAndRepeatNothing() throws {
    try cluster.createTopic("events", partitions: 1)
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    for round in 0..<4 {
      // Not the leader; a broken connection; an unknown error.
      for error: Int32 in [6, -195, -1] { try cluster.failNext(.fetch, broker: 1, error: error) }
      try produce(numbers(round * 50..<round * 50 + 50))
      collected.take(50, from: source)
    }
    #expect(collected.texts == numbers(0..<200))
  }

  @Test func aMisspeltPropertyIsNamedBeforeAnythingStarts() {
    let problem = #expect(throws: SourceProblem.self) {
      try KafkaSource(KafkaSourceSettings(topic: "events", properties: ["fetch.max.byte": "1"]))
    }
    #expect(problem?.kind == .configuration)
    #expect(problem?.message.contains("fetch.max.byte") == true)
  }

  @Test func whatWasLearnedIsCommittedForLagTools() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(numbers(0..<10))
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(10, from: source)
    source.publish(learned: collected.position)
    let other = try KafkaConsumer(KafkaConfiguration(properties))
    var committed: [KafkaPartitionOffset] = []
    for _ in 0..<100 where committed.isEmpty {
      collected.take(1, from: source, patience: 1)
      committed = try other.committed(topic: "events", partitions: [0], timeoutMilliseconds: 10_000)
    }
    #expect(committed == [KafkaPartitionOffset(partition: 0, offset: 10)])
  }
}
