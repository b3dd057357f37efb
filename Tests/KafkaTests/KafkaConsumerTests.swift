import Testing
import Threads

@testable import Kafka

/// Against librdkafka's own mock cluster.
@Suite(.serialized) struct KafkaConsumerTests {
  let cluster: KafkaMockCluster

  init() throws {
    cluster = try KafkaMockCluster()
  }

  var configuration: KafkaConfiguration { KafkaConfiguration(["bootstrap.servers": cluster.bootstrapServers]) }

  func produce(_ range: Range<Int>, to topic: String, partition: Int32 = 0) throws {
    let producer = try KafkaProducer(configuration)
    for number in range { try producer.produce("record \(number)", to: topic, partition: partition) }
    try producer.flush(timeoutMilliseconds: 20_000)
    #expect(producer.deliveries == KafkaDeliveries(delivered: UInt64(range.count)))
  }

  /// Reads until so many records came or nothing came for long.
  func read(_ count: Int, from consumer: KafkaConsumer, maximum: Int = 100) -> [(KafkaPartitionOffset, String)] {
    var records: [(KafkaPartitionOffset, String)] = []
    var patience = 100
    while records.count < count && patience > 0 {
      let got = consumer.consume(maximum: maximum, timeoutMilliseconds: 100) { messages in
        for message in messages where message.isRecord {
          records.append(
            (
              KafkaPartitionOffset(partition: message.partition, offset: message.offset),
              String(decoding: message.value, as: UTF8.self)
            ))
        }
      }
      if got == 0 { patience -= 1 }
    }
    return records
  }

  @Test func whatIsProducedIsConsumedInOrder() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(0..<2500, to: "events")
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 0)])
    let records = read(2500, from: consumer, maximum: 1000)
    #expect(records.map(\.1) == (0..<2500).map { "record \($0)" })
    #expect(records.map(\.0.offset) == (0..<2500).map { Int64($0) })
  }

  @Test func anotherConsumerReadsFromOtherOffsetsAndOneIsAssignedOnce() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(0..<500, to: "events")
    for offset: Int64 in [0, 400, 100, 499, 3] {
      let consumer = try KafkaConsumer(configuration)
      #expect(!consumer.isAssigned)
      try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: offset)])
      #expect(read(1, from: consumer, maximum: 1).first?.0.offset == offset)
      #expect(consumer.isAssigned)
      #expect(throws: KafkaError.self) {
        try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 7)])
      }
    }
  }

  @Test func aPartitionIsAddedToThoseThatAreRead() throws {
    try cluster.createTopic("events", partitions: 2)
    try produce(0..<10, to: "events")
    try produce(0..<10, to: "events", partition: 1)
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 0)])
    #expect(read(5, from: consumer, maximum: 5).map(\.0.offset) == [0, 1, 2, 3, 4])
    try consumer.add(topic: "events", [KafkaPartitionOffset(partition: 1, offset: 7)])
    let rest = read(8, from: consumer).map(\.0)
    #expect(rest.filter { $0.partition == 0 }.map(\.offset) == [5, 6, 7, 8, 9])
    #expect(rest.filter { $0.partition == 1 }.map(\.offset) == [7, 8, 9])
  }

  @Test func aConsumerIsThrownAwayWhileItsPartitionsStart() throws {
    try cluster.createTopic("events", partitions: 4)
    for partition: Int32 in 0..<4 { try produce(0..<50, to: "events", partition: partition) }
    for _ in 0..<20 {
      let consumer = try KafkaConsumer(configuration)
      try consumer.assign(topic: "events", (0..<4).map { KafkaPartitionOffset(partition: $0, offset: 0) })
    }
  }

  @Test func theEndOfAPartitionIsTold() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(0..<3, to: "events")
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 1)])
    var end: Int64?
    for _ in 0..<100 where end == nil {
      consumer.consume(maximum: 10, timeoutMilliseconds: 100) { messages in
        for message in messages where message.error?.code == .endOfPartition { end = message.offset }
      }
    }
    #expect(end == 3)
    let ends = try consumer.ends(topic: "events", partitions: [0], timeoutMilliseconds: 10_000)
    #expect(ends == [KafkaPartitionOffset(partition: 0, offset: 3)])
  }

  @Test func anOffsetOutOfRangeIsAnErrorNotAReset() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(0..<3, to: "events")
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 77)])
    var found: KafkaError?
    for _ in 0..<100 where found == nil {
      consumer.consume(maximum: 10, timeoutMilliseconds: 100) { messages in
        for message in messages { found = message.error ?? found }
      }
    }
    #expect(found?.code == .offsetOutOfRange)
  }

  @Test func partitionsAreReadApart() throws {
    try cluster.createTopic("events", partitions: 3)
    for partition in 0..<3 { try produce(0..<100, to: "events", partition: Int32(partition)) }
    let consumer = try KafkaConsumer(configuration)
    var queues = try (0..<3).map { try consumer.separate(topic: "events", partition: Int32($0)) }
    try consumer.assign(topic: "events", (0..<3).map { KafkaPartitionOffset(partition: $0, offset: 0) })
    var order: [Int32] = []
    for partition in [2, 0, 1, 0] {
      var missing = 10
      while missing > 0 {
        missing -=
          consumer.collect(from: queues[partition], count: missing, timeoutMilliseconds: 1000, event: { _ in }).records
      }
    }
    consumer.deliverCollected { messages in order = messages.map(\.partition) }
    #expect(order == [2, 0, 1, 0].flatMap { Array(repeating: Int32($0), count: 10) })
    // What lies outside the offsets wanted is dropped, and that something lies beyond is told.
    var records = 0
    var cameBeyond = false
    while !cameBeyond {
      let got = consumer.collect(
        from: queues[1], count: 7, timeoutMilliseconds: 1000, within: 30..<40, event: { _ in })
      records += got.records
      cameBeyond = got.cameBeyond
      if got.records > 0 { #expect((30..<40).contains(got.lastOffset)) }
    }
    #expect(records == 10)
    consumer.dropCollected(last: 3)
    consumer.deliverCollected { messages in #expect(messages.map(\.offset) == Array(30..<37)) }
    queues = []
  }

  @Test func theClusterDescribesItself() throws {
    try cluster.createTopic("events", partitions: 3)
    try produce(0..<10, to: "events", partition: 2)
    let consumer = try KafkaConsumer(configuration)
    #expect(try consumer.partitions(of: "events", timeoutMilliseconds: 10_000) == [0, 1, 2])
    #expect(consumer.clusterID(timeoutMilliseconds: 10_000)?.isEmpty == false)
    #expect(
      try consumer.watermarks(topic: "events", partition: 2, timeoutMilliseconds: 10_000)
        == KafkaWatermarks(low: 0, high: 10))
  }

  @Test func offsetsAreCommittedForLagTools() throws {
    try cluster.createTopic("events", partitions: 2)
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 1, offset: 0)])
    try consumer.commit(topic: "events", [KafkaPartitionOffset(partition: 1, offset: 42)])
    var committed: [KafkaPartitionOffset] = []
    for _ in 0..<100 where committed.isEmpty {
      consumer.consume(maximum: 1, timeoutMilliseconds: 50) { _ in }
      committed = try consumer.committed(topic: "events", partitions: [0, 1], timeoutMilliseconds: 10_000)
    }
    #expect(committed == [KafkaPartitionOffset(partition: 1, offset: 42)])
  }

  @Test func aBrokerThatComesBackIsReadOn() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(0..<100, to: "events")
    let errors = Lock<[KafkaError]>([])
    let consumer = try KafkaConsumer(configuration) { event in
      if case .error(let error) = event { errors.withLock { $0.append(error) } }
    }
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 0)])
    #expect(read(100, from: consumer).count == 100)
    try cluster.setDown(broker: 1)
    for _ in 0..<200 where errors.withLock({ $0.isEmpty }) {
      consumer.consume(maximum: 10, timeoutMilliseconds: 100) { _ in }
    }
    #expect(errors.withLock { $0 }.contains { $0.isRetriable })
    try cluster.setUp(broker: 1)
    try produce(100..<150, to: "events")
    #expect(read(50, from: consumer).map(\.0.offset) == Array(100..<150))
  }

  @Test func aConsumerIsLetGoOfAlsoWhileItsBrokerIsAway() throws {
    enum Stage { case began, read, isAway, gone }
    let stage = Monitor(Stage.began)
    try produce(0..<10, to: "left")
    let configuration = KafkaConfiguration(["bootstrap.servers": cluster.bootstrapServers, "group.id": "leaver"])
    let thread = DedicatedThread(name: "leaver") {
      do {
        let consumer = try KafkaConsumer(configuration)
        try consumer.assign(topic: "left", [KafkaPartitionOffset(partition: 0, offset: 0)])
        var count = 0
        while count < 10 { count += consumer.consume(maximum: 10, timeoutMilliseconds: 100) { _ in } }
        try consumer.commit(topic: "left", [KafkaPartitionOffset(partition: 0, offset: 5)])
        _ = try consumer.committed(topic: "left", partitions: [0], timeoutMilliseconds: 20_000)
        stage.update { $0 = .read }
        _ = stage.wait { $0 == .isAway ? true : nil }
        try consumer.commit(topic: "left", [KafkaPartitionOffset(partition: 0, offset: 10)])
      } catch {
        Issue.record(error)
      }
      stage.update { $0 = .gone }
    }
    _ = stage.wait { $0 == .read || $0 == .gone ? true : nil }
    try cluster.setDown(broker: 1)
    stage.update { if $0 == .read { $0 = .isAway } }
    let isGone = stage.wait(milliseconds: 30_000) { $0 == .gone ? true : nil }
    #expect(isGone == true, "letting go of a consumer waits for a broker that is away")
    if isGone != true { try cluster.setUp(broker: 1) }
    thread.join()
  }

  @Test func aProducerRetriesWhatTheBrokerRefusedOnce() throws {
    try cluster.createTopic("events", partitions: 1)
    // 6: not the leader, which a retry cures; -195: the connection breaks.
    try cluster.failNext(.produce, broker: 1, error: 6)
    try cluster.failNext(.produce, broker: 1, error: -195)
    try produce(0..<100, to: "events")
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 0)])
    #expect(read(100, from: consumer).map(\.1) == (0..<100).map { "record \($0)" })
  }

  @Test func keysHeadersAndEmptyValuesArrive() throws {
    try cluster.createTopic("events", partitions: 1)
    let producer = try KafkaProducer(configuration)
    try producer.produce("", to: "events", key: "k", headers: [("reason", "bad_json"), ("reason", "again")])
    try producer.flush(timeoutMilliseconds: 10_000)
    let consumer = try KafkaConsumer(configuration)
    try consumer.assign(topic: "events", [KafkaPartitionOffset(partition: 0, offset: 0)])
    var seen = false
    for _ in 0..<100 where !seen {
      consumer.consume(maximum: 10, timeoutMilliseconds: 100) { messages in
        for message in messages where message.isRecord {
          seen = true
          #expect(message.value.count == 0)
          #expect(String(decoding: message.key, as: UTF8.self) == "k")
          #expect(message.headers(named: "reason") == ["bad_json", "again"])
          #expect(message.timestamp > 1_500_000_000_000)
        }
      }
    }
    #expect(seen)
  }

  @Test func aFullQueueHoldsTheProducerBack() throws {
    try cluster.createTopic("events", partitions: 1)
    var small = configuration
    small.properties["queue.buffering.max.messages"] = "10"
    let producer = try KafkaProducer(small)
    for number in 0..<500 { try producer.produce("record \(number)", to: "events") }
    try producer.flush(timeoutMilliseconds: 20_000)
    #expect(producer.deliveries.delivered == 500)
    #expect(producer.waiting == 0)
  }

  @Test func aTopicThatIsNotThereIsNamedSo() throws {
    cluster.failTopic("none", error: 3)
    let consumer = try KafkaConsumer(configuration)
    let error = #expect(throws: KafkaError.self) {
      try consumer.partitions(of: "none", timeoutMilliseconds: 10_000)
    }
    #expect(error?.code == .unknownTopicOrPartition)
  }
  /// Of a refused question and the answer to another librdkafka makes a range that is empty.
  @Test func aRefusalIsNoEmptyPartition() throws {
    try cluster.createTopic("events", partitions: 1)
    try produce(0..<3, to: "events")
    let consumer = try KafkaConsumer(configuration)
    for _ in 0..<10 {
      try cluster.failNext(.listOffsets, broker: 1, error: 29)
      let marks = try? consumer.watermarks(topic: "events", partition: 0, timeoutMilliseconds: 5_000)
      #expect(marks == nil || marks == KafkaWatermarks(low: 0, high: 3))
    }
  }
}
