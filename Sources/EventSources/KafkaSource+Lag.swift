import Kafka

/// How far the topic reaches, and how far it is learned, for others to see.
extension KafkaSource {
  /// The brokers are asked: `watch` tells it.
  public func sight() -> SourceSight? { nil }

  /// Asks the brokers every few seconds.
  public func watch(_ tell: @escaping @Sendable (SourceSight) -> Void) {
    guard watch == nil else { return }
    watch = KafkaWatch(settings, notify: { [reports] in reports.notice($0.level, $0.message) }, tell: tell)
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
