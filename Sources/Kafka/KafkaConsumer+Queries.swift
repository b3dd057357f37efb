// Unsafe memory: metadata and partition lists belong to librdkafka and are destroyed where they were asked for.
import CRdKafka
import CRdKafkaSupport

/// The first and the next offset of a partition.
public struct KafkaWatermarks: Equatable, Sendable {
  /// The offset of the earliest record there is.
  public var low: Int64
  /// The offset that the next record to come will have.
  public var high: Int64
}

extension KafkaConsumer {
  /// The partitions of a topic.
  ///
  /// - Throws: `unknownTopicOrPartition` where there is no such topic; a retriable error where no broker answers.
  public func partitions(of topic: String, timeoutMilliseconds: Int32) throws(KafkaError) -> [Int32] {
    guard let native = rd_kafka_topic_new(handle.native, topic, nil) else {
      throw KafkaError(rd_kafka_last_error(), text: "\"\(topic)\" cannot be the name of a topic")
    }
    defer { rd_kafka_topic_destroy(native) }
    var answer: UnsafePointer<rd_kafka_metadata>?
    let error = rd_kafka_metadata(handle.native, 0, native, &answer, timeoutMilliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaError(error) }
    defer { rd_kafka_metadata_destroy(answer) }
    let topics = UnsafeBufferPointer(start: answer.pointee.topics, count: Int(max(0, answer.pointee.topic_cnt)))
    guard let found = topics.first(where: { $0.topic.map { String(cString: $0) } == topic }) else {
      throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    }
    guard found.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(found.err) }
    let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(max(0, found.partition_cnt)))
    return partitions.map(\.id).sorted()
  }

  /// The cluster's id, where a broker tells it in time.
  public func clusterID(timeoutMilliseconds: Int32) -> String? {
    guard let id = rd_kafka_clusterid(handle.native, timeoutMilliseconds) else { return nil }
    defer { rd_kafka_mem_free(handle.native, id) }
    return String(cString: id)
  }

  /// The topic's id, where the loaded librdkafka can ask for it (2.3 and newer), the brokers have such (2.8 and newer)
  /// and answer in time. A topic that is made anew has another.
  public func topicID(of topic: String, timeoutMilliseconds: Int32) -> String? {
    var id = [CChar](repeating: 0, count: 64)
    guard afm_kafka_topic_id(handle.native, topic, timeoutMilliseconds, &id, id.count) == 1 else { return nil }
    return text(of: id)
  }

  /// Asks the brokers for a partition's watermarks.
  ///
  /// librdkafka asks for both in two questions; where one of them is refused it may take the other's answer for both, so
  /// that the partition seems to be empty. So one that seems empty is asked about again.
  public func watermarks(topic: String, partition: Int32, timeoutMilliseconds: Int32) throws(KafkaError)
    -> KafkaWatermarks
  {
    let found = try watermarksOnce(topic, partition, timeoutMilliseconds)
    guard found.low == found.high else { return found }
    let again = try watermarksOnce(topic, partition, timeoutMilliseconds)
    guard again.low < again.high || again == found else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT) }
    return again
  }

  private func watermarksOnce(_ topic: String, _ partition: Int32, _ timeoutMilliseconds: Int32) throws(KafkaError)
    -> KafkaWatermarks
  {
    var low: Int64 = 0
    var high: Int64 = 0
    let error = rd_kafka_query_watermark_offsets(
      handle.native, topic, partition, &low, &high, timeoutMilliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
    return KafkaWatermarks(low: low, high: high)
  }

  /// Asks the brokers for the first record of each partition whose timestamp is not before a time.
  ///
  /// - Parameters:
  ///   - milliseconds: the time, since 1970.
  ///   - topic: the topic's name.
  ///   - partitions: the partitions that are asked for.
  ///   - timeoutMilliseconds: how long to wait for the brokers.
  /// - Returns: the offsets of those records; a partition without one is left out.
  public func offsets(
    topic: String, partitions: [Int32], at milliseconds: Int64, timeoutMilliseconds: Int32
  ) throws(KafkaError) -> [KafkaPartitionOffset] {
    // The list carries the time where it will carry the answer.
    let list = Self.list(topic: topic, partitions.map { KafkaPartitionOffset(partition: $0, offset: milliseconds) })
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let error = rd_kafka_offsets_for_times(handle.native, list, timeoutMilliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { throw KafkaError(error) }
    let elements = UnsafeBufferPointer(start: list.pointee.elems, count: Int(max(0, list.pointee.cnt)))
    for element in elements where element.err != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(element.err) }
    return elements.filter { $0.offset >= 0 }.map { KafkaPartitionOffset(partition: $0.partition, offset: $0.offset) }
  }

  /// Asks the brokers for the offsets that the next records of partitions will have.
  ///
  /// Unlike `watermarks`, which librdkafka 2.0.2 answers no sooner than the broker does, it keeps to its time.
  ///
  /// - Throws: where one of the partitions has no leader, or its broker does not answer in time.
  public func ends(topic: String, partitions: [Int32], timeoutMilliseconds: Int32) throws(KafkaError)
    -> [KafkaPartitionOffset]
  {
    try offsets(
      topic: topic, partitions: partitions, at: Int64(RD_KAFKA_OFFSET_END), timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Writes offsets for lag tools to read, without waiting for an answer; nothing here ever reads them back.
  public func commit(topic: String, _ offsets: [KafkaPartitionOffset]) throws(KafkaError) {
    let list = Self.list(topic: topic, offsets)
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let error = rd_kafka_commit(handle.native, list, 1)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }

  /// The offsets that the group committed last; partitions without one are left out.
  public func committed(topic: String, partitions: [Int32], timeoutMilliseconds: Int32) throws(KafkaError)
    -> [KafkaPartitionOffset]
  {
    let list = Self.list(topic: topic, partitions.map { KafkaPartitionOffset(partition: $0, offset: 0) })
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let error = rd_kafka_committed(handle.native, list, timeoutMilliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { throw KafkaError(error) }
    let elements = UnsafeBufferPointer(start: list.pointee.elems, count: Int(max(0, list.pointee.cnt)))
    return elements.filter { $0.offset >= 0 }.map { KafkaPartitionOffset(partition: $0.partition, offset: $0.offset) }
  }
}
