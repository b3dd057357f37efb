// Unsafe memory: `received` is this object's own array of message pointers, the first `collected` of which are live
// between calls; each message is destroyed exactly once, when the closure that received it has returned or when it is
// dropped.
import CRdKafka

/// A partition and an offset in it.
public struct KafkaPartitionOffset: Equatable, Hashable, Sendable {
  /// The partition.
  public var partition: Int32
  /// The offset to read next.
  public var offset: Int64

  /// Pairs a partition and an offset.
  public init(partition: Int32, offset: Int64) {
    self.partition = partition
    self.offset = offset
  }
}

/// A consumer of assigned partitions at offsets of our own; it never joins a group.
///
/// Thread rule: one thread makes, uses and lets go of a consumer. In particular that thread alone consumes and seeks:
/// in librdkafka before 2.1 seeking while another thread's batch call runs silently loses messages.
///
/// A consumer is assigned once in its life, and seeking is another consumer. librdkafka 2.0.2 stops a partition later
/// than it answers that it does; one that is taken away a second time before it has stopped is stopped twice, and an
/// assertion (`rktp_started` in `rd_kafka_assignment_partition_stopped`) ends the process. Assigned once, partitions
/// are taken away once, when the consumer is let go of.
public final class KafkaConsumer {
  let handle: KafkaHandle
  private let queue: OpaquePointer
  private var received: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  private var collected = 0

  /// Whether `assign` was called: then this consumer seeks no more.
  public private(set) var isAssigned = false

  /// What a consumer needs to be used as this one is: nothing is committed, reset or stored by itself, and the end
  /// of a partition is told. `group.id` only names the group that `commit` writes to.
  static let required = [
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "enable.partition.eof": "true",
    "auto.offset.reset": "error",
  ]

  /// How much librdkafka fetches ahead unless configured otherwise, in KiB of keys and values.
  public static let queueKilobytes: UInt64 = 90_112

  /// Defaults that suit a stream read from one thread; any of them may be set otherwise.
  static let defaults = [
    "group.id": "afmd",
    "client.id": "afmd",
    "isolation.level": "read_committed",
    "check.crcs": "true",
    // Beyond either of these librdkafka stops fetching for up to a second, so what is queued has to last that long:
    // 96 MiB are 400,000 records of 250 bytes. 100,000 records held learning to 120,000 a second.
    "queued.min.messages": "1000000",
    "queued.max.messages.kbytes": "\(queueKilobytes)",
    "fetch.wait.max.ms": "100",
    // Else librdkafka 2.3 and newer say nothing of a topic that is missing for less than half a minute, and go on in
    // the middle of the one that was made anew.
    "topic.metadata.propagation.max.ms": "0",
    "socket.keepalive.enable": "true",
    "reconnect.backoff.max.ms": "2000",
  ]

  /// Makes a consumer; nothing is connected before it is asked something.
  ///
  /// - Parameters:
  ///   - configuration: librdkafka's properties; `bootstrap.servers` at least.
  ///   - report: takes what librdkafka reports, on any thread.
  /// - Throws: an error of configuration. The properties that keep the promises of this type cannot be set.
  public init(_ configuration: KafkaConfiguration, report: @escaping @Sendable (KafkaEvent) -> Void = { _ in })
    throws(KafkaError)
  {
    for (name, value) in Self.required.sorted(by: { $0.key < $1.key }) {
      if let given = configuration.properties[name], given != value {
        throw KafkaError(
          code: .invalidProperty, rawCode: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue,
          text: "property \"\(name)\" must stay \(value): positions are kept with the model, not by the broker",
          property: name)
      }
    }
    let complete = configuration.withDefaults(Self.defaults).withDefaults(Self.required)
    handle = try KafkaHandle(RD_KAFKA_CONSUMER, complete, report: report)
    rd_kafka_poll_set_consumer(handle.native)
    queue = rd_kafka_queue_get_consumer(handle.native)
    received = .allocate(capacity: 1024)
    received.initialize(repeating: nil)
  }

  deinit {
    dropCollected(last: collected)
    rd_kafka_assign(handle.native, nil)
    close()
    rd_kafka_queue_destroy(queue)
    received.deallocate()
  }

  /// Closes the consumer, which waits for commits on their way; while the brokers are away they would be waited for
  /// until these are back, so after a while the instance is left to itself. What such a commit was to tell, lag tools
  /// learn from the next one.
  private func close() {
    if let error = rd_kafka_consumer_close_queue(handle.native, queue) { rd_kafka_error_destroy(error) }
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: Self.closingTime)
    while rd_kafka_consumer_closed(handle.native) == 0 {
      guard clock.now < end else { return handle.abandon() }
      if let message = rd_kafka_consume_queue(queue, Self.closingMilliseconds) { rd_kafka_message_destroy(message) }
    }
  }

  private static let closingMilliseconds: Int32 = 50
  private static let closingTime = Duration.seconds(5)

  /// Reads these partitions of a topic from these offsets on: once in the life of a consumer.
  ///
  /// - Parameters:
  ///   - topic: the topic.
  ///   - offsets: plain offsets, none of librdkafka's symbolic ones.
  public func assign(topic: String, _ offsets: [KafkaPartitionOffset]) throws(KafkaError) {
    guard !isAssigned else {
      throw KafkaError(code: .other, text: "a consumer is assigned once; another one reads from other offsets")
    }
    isAssigned = true
    let list = Self.list(topic: topic, offsets)
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let error = rd_kafka_assign(handle.native, list)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }

  /// Reads partitions, none of which was assigned before, beside those that are read already.
  public func add(topic: String, _ offsets: [KafkaPartitionOffset]) throws(KafkaError) {
    isAssigned = true
    let list = Self.list(topic: topic, offsets)
    defer { rd_kafka_topic_partition_list_destroy(list) }
    if let error = rd_kafka_incremental_assign(handle.native, list) { throw KafkaError(consuming: error) }
  }

  /// Fetches no more of partitions that are assigned; what is queued of them may still come.
  public func pause(topic: String, _ partitions: some Sequence<Int32>) throws(KafkaError) {
    let list = Self.list(topic: topic, partitions.map { KafkaPartitionOffset(partition: $0, offset: 0) })
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let error = rd_kafka_pause_partitions(handle.native, list)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }

  /// Waits for messages and hands them over.
  ///
  /// Waits for the first message only, then takes what else is there: librdkafka's own batch call waits for a full
  /// batch.
  ///
  /// - Parameters:
  ///   - maximum: the most messages to take.
  ///   - timeoutMilliseconds: how long to wait for the first.
  ///   - body: takes the messages, which are gone when it returns; not called where there are none.
  /// - Returns: how many messages there were, events included.
  @discardableResult
  public func consume(maximum: Int, timeoutMilliseconds: Int32, _ body: (KafkaMessages) -> Void) -> Int {
    precondition(collected == 0, "what was collected must be delivered before consuming")
    reserve(max(1, maximum))
    guard let first = rd_kafka_consumer_poll(handle.native, timeoutMilliseconds) else { return 0 }
    received[0] = first
    var count = 1
    if maximum > 1 {
      count += max(
        0, rd_kafka_consume_batch_queue(queue, 0, received.baseAddress.map { $0 + 1 }, maximum - 1))
    }
    deliver(count, body)
    return count
  }

  /// Waits for records of one partition, whose queue was taken apart, and keeps them for `deliverCollected`.
  ///
  /// - Parameters:
  ///   - partitionQueue: the partition's queue.
  ///   - count: how many records to wait for, and to take at most.
  ///   - timeoutMilliseconds: how long to wait for all of them.
  ///   - offsets: the offsets that are wanted; records at others are dropped.
  ///   - event: takes what came instead of a record: the end of the partition, an error.
  /// - Returns: how many records were collected, the offset of the last of them, and whether one came that lies beyond
  ///   the offsets wanted.
  public func collect(
    from partitionQueue: KafkaPartitionQueue, count: Int, timeoutMilliseconds: Int32,
    within offsets: Range<Int64> = 0..<Int64.max, event: (KafkaMessage) -> Void
  ) -> (records: Int, lastOffset: Int64, cameBeyond: Bool) {
    reserve(collected + count)
    guard let place = received.baseAddress.map({ $0 + collected }) else { return (0, -1, false) }
    let taken = max(0, rd_kafka_consume_batch_queue(partitionQueue.native, timeoutMilliseconds, place, count))
    var records = 0
    var lastOffset: Int64 = -1
    var cameBeyond = false
    for index in 0..<taken {
      guard let native = place[index] else { continue }
      let message = KafkaMessage(native: UnsafePointer(native))
      place[index] = nil
      if message.isRecord, offsets.contains(message.offset) {
        lastOffset = message.offset
        place[records] = native
        records += 1
        continue
      }
      if message.isRecord { cameBeyond = cameBeyond || message.offset >= offsets.upperBound } else { event(message) }
      rd_kafka_message_destroy(native)
    }
    collected += records
    return (records, lastOffset, cameBeyond)
  }

  /// Forgets the records collected last.
  public func dropCollected(last count: Int) {
    for _ in 0..<min(count, collected) {
      collected -= 1
      rd_kafka_message_destroy(received[collected])
      received[collected] = nil
    }
  }

  /// Hands over the records collected, in the order in which they were; not called where there are none.
  ///
  /// - Returns: how many there were.
  @discardableResult
  public func deliverCollected(_ body: (KafkaMessages) -> Void) -> Int {
    let count = collected
    collected = 0
    if count > 0 { deliver(count, body) }
    return count
  }

  /// Takes one partition's messages out of the common stream, for as long as this consumer lives: they are received
  /// from the partition's queue alone.
  ///
  /// Call it before the partition is assigned, so that no message takes the common way.
  public func separate(topic: String, partition: Int32) throws(KafkaError) -> KafkaPartitionQueue {
    guard let native = rd_kafka_queue_get_partition(handle.native, topic, partition) else {
      throw KafkaError(code: .unknownTopicOrPartition, text: "\(topic) has no partition \(partition)")
    }
    rd_kafka_queue_forward(native, nil)
    return KafkaPartitionQueue(native: native)
  }

  static func list(topic: String, _ offsets: [KafkaPartitionOffset])
    -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
  {
    let list = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
    for offset in offsets {
      rd_kafka_topic_partition_list_add(list, topic, offset.partition)?.pointee.offset = offset.offset
    }
    return list
  }

  private func reserve(_ count: Int) {
    guard received.count < count else { return }
    let old = received
    received = .allocate(capacity: count)
    received.initialize(repeating: nil)
    for place in old.indices { received[place] = old[place] }
    old.deallocate()
  }

  private func deliver(_ count: Int, _ body: (KafkaMessages) -> Void) {
    body(KafkaMessages(UnsafeBufferPointer(rebasing: received[..<count])))
    for place in 0..<count {
      rd_kafka_message_destroy(received[place])
      received[place] = nil
    }
  }
}

/// The messages of one partition, apart from the others; let go of before its consumer.
public final class KafkaPartitionQueue {
  let native: OpaquePointer

  init(native: OpaquePointer) {
    self.native = native
  }

  deinit {
    rd_kafka_queue_destroy(native)
  }
}
