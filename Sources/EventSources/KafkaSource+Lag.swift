import Kafka

/// How far behind a topic the source is, for status and for others to see.
extension KafkaSource {
  /// How far each partition is behind, by the answers to the last fetches.
  public func lag() -> [PartitionLag]? {
    guard let consumer, !partitions.isEmpty else { return nil }
    return partitions.sorted { $0.key < $1.key }.map { partition, state in
      let high = max(
        consumer.knownWatermarks(topic: settings.topic, partition: partition)?.high ?? state.nextOffset,
        state.end ?? 0)
      // What lies between the last record and the end may be no records, as a transaction's marker.
      let isAtEnd = state.end.map { $0 >= high } ?? false
      return PartitionLag(
        partition: partition, nextOffset: state.nextOffset, endOffset: max(high, state.nextOffset),
        behind: isAtEnd ? 0 : max(0, high - state.nextOffset))
    }
  }

  /// Commits the position for lag tools, now and then, without waiting.
  public func publish(learned position: SourcePosition) {
    guard let consumer, let interval = settings.commitIntervalMilliseconds else { return }
    let now = monotonicMilliseconds()
    guard now >= nextCommit else { return }
    nextCommit = now + interval
    let news = position.partitions.filter { committed[$0.partition] != $0.nextOffset }
    guard !news.isEmpty else { return }
    do throws(KafkaError) {
      try consumer.commit(
        topic: settings.topic, news.map { KafkaPartitionOffset(partition: $0.partition, offset: $0.nextOffset) })
      for partition in news { committed[partition.partition] = partition.nextOffset }
    } catch {
      reports.notice(.debug, "offsets for lag tools were not committed: \(error)")
    }
  }
}
