import Kafka
import Testing
import Threads

@testable import EventSources

/// Whether a topic is still the one that was learned is found out while it is read, against librdkafka's mock cluster.
@Suite(.serialized) struct KafkaTopicCheckTests: OnMockCluster {
  let cluster: KafkaMockCluster

  init() throws {
    cluster = try KafkaMockCluster()
    try cluster.createTopic("events", partitions: 2)
  }

  func settings(refresh: Int64 = 3_600_000) -> KafkaSourceSettings {
    KafkaSourceSettings(
      topic: "events", properties: properties,
      partitionRefreshMilliseconds: refresh)
  }

  let another = LastRecord(offset: 2, timestamp: 0, checksum: RecordChecksum(77))

  @Test func aCheckTellsWhatIsDifferent() throws {
    try produce(["a", "b", "c"])
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(3, from: source)
    let last = try #require(collected.position[0]?.lastRecord)
    let check = KafkaTopicCheck(settings())
    func outcome(_ change: (inout KafkaTopicCheck.Known) -> Void) -> KafkaTopicCheck.Outcome {
      var known = KafkaTopicCheck.Known(
        identity: collected.position.identity, partitions: [0, 1], compared: [0: last], delivered: [0: last])
      change(&known)
      check.begin(known)
      while true {
        if let outcome = check.takeOutcome() { return outcome }
        _ = source.nextBatch(maximum: 1, timeoutMilliseconds: 10) { _ in }
      }
    }
    func doubt(_ change: (inout KafkaTopicCheck.Known) -> Void) -> String? {
      if case .doubtful(let reason) = outcome(change) { reason } else { nil }
    }
    guard case .same(let vouched, _, let new) = outcome({ $0.partitions = [0] }) else {
      Issue.record("it is the same")
      return
    }
    #expect(vouched.records == [0: last])
    #expect(new == [KafkaPartitionOffset(partition: 1, offset: 0)])
    #expect(doubt { $0.compared = [0: another] } == "partition 0 has another record at offset 2")
    #expect(doubt { $0.compared[0]?.offset = 7 } == "partition 0 ends before offset 7")
    #expect(doubt { $0.compared[0]?.offset = 3 } == "partition 0 ends before offset 3")
    #expect(doubt { $0.partitions = [0, 1, 2] }?.contains("partition 2 is no longer") == true)
    #expect(doubt { $0.identity = "elsewhere/events" }?.contains("was elsewhere/events") == true)
    cluster.failTopic("events", error: 3)
    #expect(doubt { _ in } == "it is not there")
  }

  @Test func whatIsDeliveredIsCheckedBesideTheFlow() throws {
    try produce(["a", "b", "c"])
    let source = try KafkaSource(settings(refresh: 50))
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(3, from: source)
    for _ in 0..<300 where collected.checks < 2 { collected.take(1, from: source, patience: 1) }
    #expect(collected.position[0]?.lastChecked == collected.position[0]?.lastRecord)
    // Another record is where one was learned.
    let vouched = collected.position
    try produce(["d"], partition: 1)
    collected.take(1, from: source)
    // As if it were another's: one check vouches for it, and the next compares it.
    source.partitions[0]?.last = another
    collected.take(1, from: source, patience: 300)
    collected.position.remember(SourceCheck(milliseconds: 0, records: [0: try #require(vouched[0]?.lastChecked)]))
    #expect(collected.texts.count == 4)
    guard case .problem(let problem) = collected.last else {
      Issue.record("no problem but \(collected.last)")
      return
    }
    #expect(problem.isTransient && problem.needsRestart && problem.message.contains("another record at offset 2"))
    // Nothing more comes before it is started again, which finds the record that was learned.
    try produce(["e"])
    collected.take(1, from: source, patience: 5)
    #expect(collected.texts.count == 4)
    let report = try source.start(at: collected.position, missing: .refuse, replaying: [])
    #expect(report.notes.contains(.lastRecordVerified(partition: 0, offset: 2)))
    collected.take(1, from: source)
    #expect(collected.texts.last == "e")
  }

  @Test func aStartComparesWhatWasCheckedBeforeTheLastRecordToo() throws {
    try produce(["a", "b", "c", "d"])
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(4, from: source)
    // Learned in the middle of a topic made anew: its last record is there, what was learned before is not.
    var position = collected.position
    position.remember(SourceCheck(milliseconds: 0, records: [0: another]))
    let problem = #expect(throws: SourceProblem.self) { try source.seek(to: position) }
    #expect(problem?.kind == .otherSource && problem?.message.contains("at offset 2") == true)
    let report = try source.seek(to: position, missing: .earliest)
    #expect(
      report.position[0]
        == PartitionPosition(
          partition: 0, nextOffset: 0, recordsLearned: 4, checksumSum: collected.position.checksumSum))
    // The id says it as well, where both are known.
    var remade = collected.position
    remade.topicID = "another"
    if KafkaLibrary.versionNumber < 0x0203_0000 {
      #expect(try source.seek(to: remade).position.topicID == "another")
    }
  }

  @Test func aTopicThatIsMissingIsComparedBeforeItGoesOn() throws {
    try produce(["a", "b"])
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(2, from: source)
    cluster.failTopic("events", error: 3)
    // The fetch tells it first; librdkafka then asks for the topic.
    for _ in 0..<5 { try cluster.failNext(.fetch, broker: 1, error: 3) }
    collected.take(1, from: source, patience: 200)
    guard case .problem(let problem) = collected.last else {
      Issue.record("no problem but \(collected.last)")
      return
    }
    #expect(problem.kind == .missing && problem.isTransient && problem.needsRestart)
    cluster.failTopic("events", error: 0)
    try produce(["c"])
    collected.take(1, from: source, patience: 5)
    #expect(collected.texts == ["a", "b"])
    let report = try source.start(at: collected.position, missing: .refuse, replaying: [])
    #expect(report.notes.first == .lastRecordVerified(partition: 0, offset: 1))
    collected.take(1, from: source)
    #expect(collected.texts == ["a", "b", "c"])
  }

  @Test func aCheckTakesTheTimeThatConnectingTakes() throws {
    try produce(["a"])
    let source = try KafkaSource(settings())
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(1, from: source)
    let last = try #require(collected.position[0]?.lastRecord)
    // Two answers take longer than one question waits: a consumer has to ask again.
    try cluster.setRoundTripTime(broker: 1, milliseconds: 700)
    let check = KafkaTopicCheck(settings())
    check.begin(
      KafkaTopicCheck.Known(
        identity: collected.position.identity, partitions: [0, 1], compared: [0: last], delivered: [0: last]))
    var outcome: KafkaTopicCheck.Outcome?
    while outcome == nil {
      outcome = check.takeOutcome()
      _ = source.nextBatch(maximum: 1, timeoutMilliseconds: 10) { _ in }
    }
    guard case .same = outcome else {
      Issue.record("not the same but \(outcome.debugDescription)")
      return
    }
  }

  @Test func checksThatTellNothingAreAProblemUntilOneHolds() throws {
    try produce(["a"])
    let notices = Lock<[SourceNotice]>([])
    let source = try KafkaSource(settings(refresh: 50)) { notice in notices.withLock { $0.append(notice) } }
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(1, from: source)
    // The user may no longer describe the topic; reading goes on.
    cluster.failTopic("events", error: 29)
    for _ in 0..<100 where source.standing == nil { collected.take(1, from: source, patience: 1) }
    #expect(source.standing?.contains("since the last 3 checks told nothing") == true)
    #expect(source.standing?.contains("It was last seen to be the same at 20") == true)
    #expect(source.standing?.contains("Grant it Read and Describe") == true)
    for _ in 0..<20 { collected.take(1, from: source, patience: 1) }
    let warnings = notices.withLock { $0.filter { $0.level == .warning && $0.message.contains("told nothing") } }
    #expect(warnings.count == 1)
    cluster.failTopic("events", error: 0)
    for _ in 0..<100 where source.standing != nil { collected.take(1, from: source, patience: 1) }
    #expect(source.standing == nil)
    try produce(["b"])
    collected.take(1, from: source)
    #expect(collected.texts == ["a", "b"])
  }
}
