import Kafka
import Testing

@testable import EventSources

/// What the brokers say beside records is taken for what it is, against librdkafka's mock cluster.
@Suite(.serialized) struct KafkaDoubtTests: OnMockCluster {
  let cluster: KafkaMockCluster

  init() throws {
    cluster = try KafkaMockCluster()
    try cluster.createTopic("events", partitions: 2)
  }

  var settings: KafkaSourceSettings {
    KafkaSourceSettings(topic: "events", properties: properties)
  }

  @Test func onePartitionOutOfRangeEndsTheDeliveryOfTheOthersToo() throws {
    try produce(["a", "b"])
    let source = try KafkaSource(settings)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(2, from: source)
    // As if retention had overtaken it.
    source.partitions[0] = KafkaSource.PartitionState(nextOffset: 50)
    try source.assign()
    let producer = try KafkaProducer(KafkaConfiguration(settings.properties))
    var problem: SourceProblem?
    // The other partition always has records.
    for round in 0..<400 where problem == nil {
      for _ in 0..<50 { try producer.produce("busy \(round)", to: "events", partition: 1) }
      try producer.flush(timeoutMilliseconds: 20_000)
      collected.take(10, from: source, maximum: 10, patience: 1)
      if case .problem(let found) = collected.last { problem = found }
    }
    #expect(problem?.isTransient == true && problem?.needsRestart == true)
    #expect(problem?.message.contains("offset 50 of partition 0 is out of range") == true)
    let count = collected.texts.count
    #expect(count < 3000)
    collected.take(1, from: source, patience: 3)
    #expect(collected.texts.count == count)
    // Nothing was lost of what was fetched in vain.
    var rest = try Collected(source.start(at: collected.position, missing: .refuse, replaying: []))
    rest.take(1, from: source)
    #expect(rest.records.first?.offset == collected.position[1]?.nextOffset)
  }

  @Test(arguments: [false, true]) func nothingIsDeliveredOnceOnePartitionIsInDoubt(isReplay: Bool) throws {
    try produce(["a", "b", "c"])
    try produce(["x", "y", "z"], partition: 1)
    let source = try KafkaSource(settings)
    let runs = [JournalRun(partition: 0, nextOffset: 1, count: 1), JournalRun(partition: 1, nextOffset: 1, count: 1)]
    var collected = try Collected(
      source.start(
        at: SourcePosition(
          kind: .kafka, identity: "unknown/events",
          partitions: [
            PartitionPosition(partition: 0, nextOffset: 0), PartitionPosition(partition: 1, nextOffset: 0),
          ]),
        missing: .refuse, replaying: isReplay ? runs : []))
    source.suspects = [0]
    collected.take(6, from: source, patience: 20)
    #expect(collected.texts == [])
    #expect(collected.problem?.needsRestart == true)
    #expect(collected.problem?.message.contains("offset 0 of partition 0 is out of range") == true)
  }

  // Not granted Read; a batch that fails its checksum.
  @Test(
    arguments: [(29, SourceProblem.Kind.refused, "Grant it Read"), (-199, .damaged, "check.crcs")]
      as [(
        Int32, SourceProblem.Kind, String
      )])
  func whatKeepsARecordFromBeingReadAgainIsTold(error: Int32, kind: SourceProblem.Kind, remedy: String) throws {
    try produce(["a", "b"])
    let source = try KafkaSource(settings)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(2, from: source)
    source.close()
    let second = try KafkaSource(settings)
    for _ in 0..<3 { try cluster.failNext(.fetch, broker: 1, error: error) }
    let problem = #expect(throws: SourceProblem.self) { try second.seek(to: collected.position) }
    #expect(problem?.kind == kind && problem?.message.contains(remedy) == true)
  }

  @Test func whatPassesByItselfKeepsNoRecordFromBeingReadAgain() throws {
    try produce(["a", "b"])
    let source = try KafkaSource(settings)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(2, from: source)
    source.close()
    let second = try KafkaSource(settings)
    // Not the leader; a broken connection; an unknown error.
    for error: Int32 in [6, -195, -1] { try cluster.failNext(.fetch, broker: 1, error: error) }
    let report = try second.seek(to: collected.position)
    #expect(report.notes == [.lastRecordVerified(partition: 0, offset: 1)])
  }

  @Test func theIdOfATopicThatWasLeftIsForgottenEvenWhereItsOwnIsNotTold() throws {
    try produce(["a", "b"])
    let source = try KafkaSource(settings)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(2, from: source)
    // The mock cluster tells no ids.
    try #require(collected.position.topicID == nil)
    var position = collected.position
    position.topicID = "old"
    #expect(try source.seek(to: position).position.topicID == "old")
    position.remember(
      SourceCheck(
        milliseconds: 0, records: [0: LastRecord(offset: 1, timestamp: 0, checksum: RecordChecksum(77))]))
    position.partitions[0].lastRecord = LastRecord(offset: 1, timestamp: 0, checksum: RecordChecksum(77))
    let problem = #expect(throws: SourceProblem.self) { try source.seek(to: position) }
    #expect(problem?.kind == .otherSource)
    let report = try source.seek(to: position, missing: .latest)
    #expect(report.position.partitions.map(\.nextOffset) == [2, 0])
    #expect(report.position.topicID == nil)
    // Where some partitions stay, so does what is known of their topic.
    position = collected.position
    position.topicID = "old"
    position.jump(partition: 1, to: 9)
    #expect(try source.seek(to: position, missing: .latest).position.topicID == "old")
  }
}
