import Kafka

/// Reads single records of a topic again, to see whether they are the ones that were learned.
struct KafkaRecordsAgain {
  /// What is found where a record was.
  enum Answer: Equatable {
    /// The same payload.
    case same
    /// Another payload: another topic.
    case another
    /// No record any more: compaction, or retention.
    case gone
    /// The partition ends before it, which none does that once had it: another topic, or one cut short.
    case pastTheEnd
  }

  let topic: String
  let reports: KafkaReports

  /// When to give up, on the monotonic clock, and what else ends the wait.
  let deadline: Int64
  let isCancelled: () -> Bool

  /// Holds no more than some megabytes. What a fetch may bring of a partition stays as it is: brokers send whole batches,
  /// and of all partitions but the first nothing where a batch is larger. For that reason a partition that has answered
  /// is fetched no more. Nor may a fetched record hold up the next fetch, since librdkafka then waits a second.
  static let properties = ["queued.max.messages.kbytes": "16384"]

  /// Reads the records and compares their payloads.
  ///
  /// - Parameters:
  ///   - wanted: a record of each partition.
  ///   - consumer: one that was not assigned yet; of no use for anything else afterwards.
  /// - Returns: an answer for each; nil where it was cancelled.
  func read(_ wanted: [Int32: LastRecord], with consumer: KafkaConsumer) throws(SourceProblem) -> [Int32: Answer]? {
    guard !wanted.isEmpty else { return [:] }
    do throws(KafkaError) {
      try consumer.assign(
        topic: topic, wanted.map { KafkaPartitionOffset(partition: $0.key, offset: $0.value.offset) })
    } catch {
      throw KafkaReports.problem(for: error, topic: topic)
    }
    var answers: [Int32: Answer] = [:]
    var outOfRange: Set<Int32> = []
    var paused: Set<Int32> = []
    var cause: SourceProblem?
    while answers.count < wanted.count {
      if isCancelled() { return nil }
      if monotonicMilliseconds() > deadline { throw timedOut(since: cause) }
      consumer.consume(maximum: 64, timeoutMilliseconds: 100) { messages in
        for message in messages {
          if answers[message.partition] == nil, let problem = problem(of: message) { cause = problem }
          guard let last = wanted[message.partition], answers[message.partition] == nil else { continue }
          if message.isRecord {
            let isSame = message.offset == last.offset && RecordChecksum(of: message.value) == last.checksum
            answers[message.partition] = isSame ? .same : message.offset == last.offset ? .another : .gone
          } else if message.error?.code == .endOfPartition {
            answers[message.partition] = message.offset > last.offset ? .gone : .pastTheEnd
          } else if message.error?.code == .offsetOutOfRange {
            outOfRange.insert(message.partition)
          }
        }
      }
      // What nobody mends while it is waited for is told at once; the rest librdkafka tries on.
      if let cause, !cause.mayPassSoon { throw cause }
      for partition in outOfRange where answers[partition] == nil {
        guard let last = wanted[partition],
          let marks = try? consumer.watermarks(topic: topic, partition: partition, timeoutMilliseconds: 1000)
        else { continue }
        answers[partition] = last.offset < marks.low ? .gone : last.offset >= marks.high ? .pastTheEnd : nil
        // Where the range took it in again meanwhile, nothing more will come: the next check tells.
        if answers[partition] == nil { throw timedOut(since: cause) }
      }
      let done = Set(answers.keys).subtracting(paused)
      if !done.isEmpty {
        paused.formUnion(done)
        // Where it is refused the others get their turn later.
        try? consumer.pause(topic: topic, done)
      }
    }
    return answers
  }

  /// What is wrong where a message is neither a record nor an answer.
  private func problem(of message: KafkaMessage) -> SourceProblem? {
    guard let error = message.error else { return nil }
    switch error.code {
    case .endOfPartition, .offsetOutOfRange, .group: return nil
    default: return KafkaReports.problem(for: error, topic: topic)
    }
  }

  private func timedOut(since cause: SourceProblem?) -> SourceProblem {
    if let told = reports.takeProblem() ?? cause { return told }
    return SourceProblem(
      .unreachable,
      "the last records learned from topic \(topic) could not be read again in time. Check that the brokers that lead "
        + "its partitions can be reached; trying on",
      isTransient: true)
  }
}

extension SourceProblem {
  /// Whether waiting some seconds more may be enough.
  fileprivate var mayPassSoon: Bool {
    switch kind {
    case .refused, .damaged, .configuration: false
    default: isTransient
    }
  }
}
