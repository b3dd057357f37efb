import Kafka

/// Delivers records of several partitions in the order of a journal: each partition's messages wait in a queue of
/// their own, and the queue of the next run is read.
///
/// Where one partition alone has runs there is no order to keep: its records are delivered up to where the runs end,
/// however many compaction left.
final class KafkaReplay {
  private let topic: String
  private var queues: [Int32: KafkaPartitionQueue] = [:]
  private let runs: [JournalRun]
  private let keepsCounts: Bool
  private var index = 0
  /// How many records of the run at `index` were collected.
  private var done: UInt32 = 0
  /// Where partitions go on after a jump that was too short to seek: what lies before is dropped as it comes.
  private var floors: [Int32: Int64] = [:]
  /// Whether records were dropped that a later jump may lead to.
  private var droppedBeyond = false
  /// Since when a partition has seemed to end before its run does.
  private var shortSince: Int64?

  /// A jump forward over no more offsets than these is read through: seeking takes another consumer.
  private static let shortJump: Int64 = 100_000

  /// Assigns the source's partitions anew, taken apart.
  init(_ runs: [JournalRun], of source: KafkaSource) throws(SourceProblem) {
    topic = source.settings.topic
    keepsCounts = Set(runs.lazy.filter { $0.count > 0 }.map(\.partition)).count > 1
    self.runs = keepsCounts ? runs : Self.joined(runs)
    try assign(source)
  }

  deinit {
    // Before the consumer they belong to.
    queues = [:]
  }

  /// Makes one run of those of one partition that follow each other; only where they end counts.
  static func joined(_ runs: [JournalRun]) -> [JournalRun] {
    runs.reduce(into: []) { joined, run in
      guard let last = joined.last, last.count > 0, run.count > 0, run.nextOffset >= 0 else {
        return joined.append(run)
      }
      let (sum, overflows) = last.count.addingReportingOverflow(run.count)
      joined[joined.count - 1] = JournalRun(
        partition: run.partition, nextOffset: run.nextOffset, count: overflows ? .max : sum)
    }
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
      guard let queue = queues[run.partition], let consumer = source.consumer else {
        source.failure = impossible(run, "there is no such partition")
        break
      }
      let isOpen = !keepsCounts && run.nextOffset >= 0
      let left = run.count > done ? Int(run.count - done) : isOpen ? 1 : 0
      let wanted = min(maximum - collected, left)
      let floor = floors[run.partition] ?? 0
      let got = consumer.collect(
        from: queue, count: wanted, timeoutMilliseconds: collected == 0 ? timeoutMilliseconds : 0,
        within: floor..<(isOpen ? max(floor, run.nextOffset) : .max)
      ) { message in
        source.notice(message)
      }
      if source.isInDoubt {
        // What came with the problem may be another topic's.
        consumer.dropCollected(last: got.records)
        break
      }
      droppedBeyond = droppedBeyond || got.cameBeyond
      done = done.addingReportingOverflow(UInt32(clamping: got.records)).partialValue
      collected += got.records
      let next = got.lastOffset &+ 1
      if isOpen {
        let isPast = got.cameBeyond || source.partitions[run.partition]?.end ?? 0 >= run.nextOffset
        if got.records > 0 && next >= run.nextOffset || isPast {
          index += 1
          done = 0
        } else if got.records < wanted {
          break
        }
        continue
      }
      guard got.records > 0 else { break }
      if run.nextOffset >= 0, next > run.nextOffset || (done == run.count && next != run.nextOffset) {
        consumer.dropCollected(last: got.records)
        collected -= got.records
        source.failure = impossible(run, "record \(got.lastOffset) comes where the run should end")
        break
      }
      if done == run.count {
        index += 1
        done = 0
      }
      if got.records < wanted { break }
    }
    var delivered = 0
    source.consumer?.deliverCollected { delivered = source.deliver($0, body) }
    if index == runs.count && !source.isInDoubt {
      queues = [:]
      source.endReplay()
    } else if delivered == 0 {
      checkThatMoreCanCome(source)
    }
    return delivered > 0 ? .records(delivered) : source.eventWithoutRecords()
  }

  private func assign(_ source: KafkaSource) throws(SourceProblem) {
    queues = [:]
    floors = [:]
    droppedBeyond = false
    let partitions = source.partitions.keys.sorted()
    var apart: [Int32: KafkaPartitionQueue] = [:]
    try source.assign { (consumer) throws(KafkaError) in
      for partition in partitions { apart[partition] = try consumer.separate(topic: topic, partition: partition) }
    }
    queues = apart
  }

  private func jump(to run: JournalRun, of source: KafkaSource) {
    index += 1
    done = 0
    let here = source.partitions[run.partition]
    if here?.nextOffset == run.nextOffset, !droppedBeyond { return }
    var state = KafkaSource.PartitionState(nextOffset: run.nextOffset, last: here?.last)
    if let here, run.nextOffset >= here.nextOffset, run.nextOffset - here.nextOffset <= Self.shortJump, !droppedBeyond {
      floors[run.partition] = run.nextOffset
      state.end = here.end.flatMap { $0 >= run.nextOffset ? $0 : nil }
      source.partitions[run.partition] = state
      return
    }
    source.partitions[run.partition] = state
    do throws(SourceProblem) {
      try assign(source)
    } catch {
      source.failure = error
    }
  }

  /// A run that reaches past the end of its partition can never be delivered; nor can one of which fewer records are
  /// left. A partition that just changed its leader may seem shorter than it is for a moment.
  private func checkThatMoreCanCome(_ source: KafkaSource) {
    guard !source.isInDoubt, index < runs.count else { return }
    let run = runs[index]
    guard run.count > 0, run.nextOffset >= 0, let end = source.partitions[run.partition]?.end else {
      shortSince = nil
      return
    }
    // Ends come in order with records: everything before this one was collected.
    if end >= run.nextOffset {
      source.failure = impossible(run, "no more than \(done) of them are left")
      return
    }
    let now = monotonicMilliseconds()
    let since = shortSince ?? now
    shortSince = since
    guard now - since > 5000 else { return }
    source.failure = impossible(run, "the partition ends at \(end)")
  }

  /// Why the run that is being delivered cannot be.
  func cannotGoOn(since reason: String) -> SourceProblem {
    let run = index < runs.count ? runs[index] : JournalRun(partition: -1, nextOffset: -1, count: 0)
    return impossible(run, reason)
  }

  private func impossible(_ run: JournalRun, _ reason: String) -> SourceProblem {
    SourceProblem(
      .replayImpossible,
      "the order journal cannot be replayed: it has \(run.count) records of partition \(run.partition) up to offset "
        + "\(run.nextOffset), but \(reason). Some of topic \(topic) was removed since. `afmctl "
        + "resume --position earliest` goes on at the saved position: each record is learned once, in another order. "
        + "Where that position is gone too, name `latest`, a time or offsets")
  }
}
