import Kafka

/// What is asked about partitions while a topic is read.
extension KafkaSource {
  /// Asks whether positions that were said to be out of range are.
  ///
  /// librdkafka may still tell the error of an offset it was reading before it was assigned others; those it reads by
  /// now are then assigned again, since it stops reading where it told one.
  func checkSuspects() {
    guard let consumer else { return }
    do throws(KafkaError) {
      var lost: [LostPosition] = []
      for partition in suspects.sorted() {
        guard let wanted = partitions[partition]?.nextOffset else { continue }
        let marks = try consumer.watermarks(topic: settings.topic, partition: partition, timeoutMilliseconds: 2000)
        if wanted < marks.low || wanted > marks.high {
          lost.append(
            LostPosition(partition: partition, wanted: wanted, earliest: marks.low, latest: marks.high))
        }
      }
      suspects = []
      if lost.isEmpty {
        try assign()
      } else {
        failure = KafkaStart.positionLost(lost, topic: settings.topic)
      }
    } catch {
      // Asked again with the next call.
      reports.notice(.debug, "could not ask for the range of offsets: \(error)")
    }
  }

  func lookForNewPartitions() {
    nextRefresh = monotonicMilliseconds() + settings.partitionRefreshMilliseconds
    guard let consumer else { return }
    do throws(KafkaError) {
      let new = try consumer.partitions(of: settings.topic, timeoutMilliseconds: 1000).filter { partitions[$0] == nil }
      guard !new.isEmpty else { return }
      for partition in new {
        let low = try consumer.watermarks(
          topic: settings.topic, partition: partition, timeoutMilliseconds: 2000
        ).low
        partitions[partition] = PartitionState(nextOffset: low)
        reports.notice(.info, "topic \(settings.topic) has a new partition \(partition), read from offset \(low)")
      }
      try assign()
    } catch {
      reports.notice(.debug, "could not look for new partitions: \(error)")
    }
  }
}
