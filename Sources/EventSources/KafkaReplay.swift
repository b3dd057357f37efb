import Kafka

/// Delivers records of several partitions in the order of a journal: each partition's messages wait in a queue of
/// their own, and the queue of the next run is read. The consumer is of no use for anything else afterwards.
final class KafkaReplay {
  private let consumer: KafkaConsumer
  private let topic: String
  private var queues: [Int32: KafkaPartitionQueue] = [:]
  private let runs: [JournalRun]
  private var index = 0
  /// How many records of the run at `index` were collected.
  private var done: UInt32 = 0
  /// Since when a partition has seemed to end before its run does.
  private var shortSince: Int64?

  /// Takes the partitions apart; they must be assigned afterwards.
  init(_ runs: [JournalRun], consumer: KafkaConsumer, topic: String, partitions: [Int32]) throws(KafkaError) {
    self.runs = runs
    self.consumer = consumer
    self.topic = topic
    for partition in partitions { queues[partition] = try consumer.separate(topic: topic, partition: partition) }
  }

  deinit {
    // Before the consumer they belong to.
    queues = [:]
  }

  /// Delivers the next records of the journal's order; ends the replay of `source` after the last.
  func nextBatch(
    of source: KafkaSource, maximum: Int, timeoutMilliseconds: Int32, _ body: (RecordBatch) -> Void
  ) -> SourceEvent {
    var collected = 0
    while collected < maximum, source.failure == nil, index < runs.count {
      let run = runs[index]
      if run.count == 0 {
        // Seeking drops nothing that was collected, but a batch should not straddle it.
        if collected > 0 { break }
        jump(to: run, of: source)
        continue
      }
      guard let queue = queues[run.partition] else {
        source.failure = impossible(run, "there is no such partition")
        break
      }
      let wanted = min(maximum - collected, Int(run.count - done))
      let got = consumer.collect(
        from: queue, count: wanted, timeoutMilliseconds: collected == 0 ? timeoutMilliseconds : 0
      ) { message in
        source.notice(message)
      }
      guard got.records > 0 else { break }
      done += UInt32(clamping: got.records)
      let next = got.lastOffset &+ 1
      if run.nextOffset >= 0, next > run.nextOffset || (done == run.count && next != run.nextOffset) {
        consumer.dropCollected(last: got.records)
        source.failure = impossible(run, "record \(got.lastOffset) comes where the run should end")
        break
      }
      collected += got.records
      if done == run.count {
        index += 1
        done = 0
      }
      if got.records < wanted { break }
    }
    var delivered = 0
    consumer.deliverCollected { delivered = source.deliver($0, body) }
    if index == runs.count && source.failure == nil {
      queues = [:]
      source.endReplay()
    } else if delivered == 0 {
      checkThatMoreCanCome(source)
    }
    return delivered > 0 ? .records(delivered) : source.eventWithoutRecords()
  }

  private func jump(to run: JournalRun, of source: KafkaSource) {
    index += 1
    if source.partitions[run.partition]?.nextOffset == run.nextOffset { return }
    source.partitions[run.partition] = KafkaSource.PartitionState(nextOffset: run.nextOffset)
    do throws(KafkaError) {
      if queues[run.partition] == nil {
        queues[run.partition] = try consumer.separate(topic: topic, partition: run.partition)
      }
      try source.assign()
    } catch {
      source.failure = KafkaReports.problem(for: error, topic: topic)
    }
  }

  /// A run that reaches past the end of its partition can never be delivered. A partition that just changed its leader
  /// may seem shorter than it is for a moment.
  private func checkThatMoreCanCome(_ source: KafkaSource) {
    guard source.failure == nil, index < runs.count else { return }
    let run = runs[index]
    guard run.count > 0, run.nextOffset >= 0, let end = source.partitions[run.partition]?.end, end < run.nextOffset
    else {
      shortSince = nil
      return
    }
    let now = monotonicMilliseconds()
    let since = shortSince ?? now
    shortSince = since
    guard now - since > 5000 else { return }
    source.failure = impossible(run, "the partition ends at \(end)")
  }

  private func impossible(_ run: JournalRun, _ reason: String) -> SourceProblem {
    SourceProblem(
      .replayImpossible,
      "the order journal cannot be replayed: it has \(run.count) records of partition \(run.partition) up to offset "
        + "\(run.nextOffset), but \(reason). Some of topic \(topic) was removed since. Told `earliest`, "
        + "learning goes on where it stands, every record still once, in an order of its own; where that place is gone, "
        + "too, it takes `latest`, a time or offsets as well")
  }
}
