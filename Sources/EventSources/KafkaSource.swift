// Unsafe memory: `records` is this object's own array; the bytes that its elements point to belong to librdkafka and
// live while the closure given to the consumer runs, which is as long as a batch is valid.
import Kafka

/// One Kafka topic as a source of events: all its partitions, at offsets that are kept with the model.
///
/// Nothing is left to the broker: no group is joined, nothing is reset, and a position that is gone is a problem that
/// is told. `Docs/Sources.md` says how positions are checked and how an order is replayed.
public final class KafkaSource: EventSource {
  /// Kafka.
  public var kind: SourceKind { .kafka }

  /// Several partitions interleave differently each time.
  public var needsOrderJournal: Bool { true }

  /// Where the settings name a time or offsets.
  public var hasCertainStart: Bool { settings.startsAt.isExact }

  let settings: KafkaSourceSettings
  let reports: KafkaReports
  var consumer: KafkaConsumer?
  var partitions: [Int32: PartitionState] = [:]
  var replay: KafkaReplay?
  var failure: SourceProblem?
  var nextRefresh: Int64 = 0
  /// Partitions that were said to be out of range, and not yet asked for theirs.
  var suspects: Set<Int32> = []
  private var nextCommit: Int64 = 0
  private var committed: [Int32: Int64] = [:]
  private var records: UnsafeMutableBufferPointer<SourceRecord> = .allocate(capacity: 1024)

  /// Where delivery stands in a partition.
  struct PartitionState {
    var nextOffset: Int64
    /// The offset at which the partition's end was reached, where nothing was delivered since.
    var end: Int64?
  }

  /// Makes a source; nothing is connected before it starts.
  ///
  /// - Parameters:
  ///   - settings: what to read.
  ///   - notify: takes notices for the log, on any thread.
  /// - Throws: `configuration`, naming the property at fault.
  public init(_ settings: KafkaSourceSettings, notify: @escaping @Sendable (SourceNotice) -> Void = { _ in })
    throws(SourceProblem)
  {
    self.settings = settings
    reports = KafkaReports(topic: settings.topic, notify: notify)
    reports.notice(.info, "reading topic \(settings.topic) with librdkafka \(KafkaLibrary.version)")
    consumer = try Self.makeConsumer(settings, reports)
  }

  deinit {
    records.deallocate()
  }

  static func makeConsumer(_ settings: KafkaSourceSettings, _ reports: KafkaReports) throws(SourceProblem)
    -> KafkaConsumer
  {
    do throws(KafkaError) {
      return try KafkaConsumer(KafkaConfiguration(settings.properties)) { [reports] in reports.receive($0) }
    } catch {
      throw KafkaReports.problem(for: error, topic: settings.topic)
    }
  }

  /// Begins, or begins again: see `EventSource`. Takes a second or so, since the last records learned are read again.
  public func start(at position: SourcePosition?, missing: MissingPositionPolicy, replaying runs: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    // After a replay or a fatal error a consumer is of no further use.
    if replay != nil || failure != nil { consumer = nil }
    replay = nil
    failure = nil
    suspects = []
    partitions = [:]
    if consumer == nil { consumer = try Self.makeConsumer(settings, reports) }
    guard let consumer else { throw SourceProblem(.configuration, "the source is closed") }
    let starting = KafkaStart(consumer: consumer, settings: settings, reports: reports)
    var report = try starting.resolve(position, missing: missing, replaying: runs)
    var runs = runs
    if !runs.isEmpty && report.notes.contains(where: { if case .positionMoved = $0 { true } else { false } }) {
      runs = []
      report.notes.append(
        .remark("the order journal is not replayed, since the position moved: records come in an order of their own"))
    }
    for partition in report.position.partitions {
      partitions[partition.partition] = PartitionState(nextOffset: partition.nextOffset)
    }
    try attempting { () throws(KafkaError) in
      if runs.isEmpty {
        try assign()
      } else {
        replay = try KafkaReplay(runs, consumer: consumer, topic: settings.topic, partitions: partitions.keys.sorted())
        try assign()
      }
    }
    nextRefresh = monotonicMilliseconds() + settings.partitionRefreshMilliseconds
    _ = reports.takeProblem()
    return report
  }

  /// Delivers the next records, as librdkafka has them: see `EventSource`.
  public func nextBatch(maximum: Int, timeoutMilliseconds: Int, _ body: (RecordBatch) -> Void) -> SourceEvent {
    guard let consumer else { return .problem(failure ?? SourceProblem(.configuration, "the source is closed")) }
    let timeout = Int32(clamping: timeoutMilliseconds)
    if let failure {
      // Whoever asks again and again does not spin.
      consumer.consume(maximum: 1, timeoutMilliseconds: timeout) { _ in }
      return .problem(failure)
    }
    if let replay {
      // Errors of the consumer as a whole come the common way, which nothing else takes during a replay.
      consumer.consume(maximum: 16, timeoutMilliseconds: 0) { messages in
        for message in messages { self.notice(message) }
      }
      return replay.nextBatch(of: self, maximum: max(1, maximum), timeoutMilliseconds: timeout, body)
    }
    if monotonicMilliseconds() >= nextRefresh { lookForNewPartitions() }
    var delivered = 0
    consumer.consume(maximum: max(1, maximum), timeoutMilliseconds: timeout) { messages in
      delivered = self.deliver(messages, body)
    }
    return delivered > 0 ? .records(delivered) : eventWithoutRecords()
  }

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

  /// Ends the consumer.
  public func close() {
    replay = nil
    consumer = nil
  }

  /// Goes on live after a replay, with a consumer that has its partitions together.
  func endReplay() {
    replay = nil
    consumer = nil
    do throws(SourceProblem) {
      consumer = try Self.makeConsumer(settings, reports)
      try attempting { () throws(KafkaError) in try assign() }
    } catch {
      failure = error
    }
  }

  /// Reads all partitions on from where delivery stands.
  func assign() throws(KafkaError) {
    try consumer?.assign(
      topic: settings.topic,
      partitions.sorted { $0.key < $1.key }.map {
        KafkaPartitionOffset(partition: $0.key, offset: $0.value.nextOffset)
      })
  }

  /// Hands records over, in order, and takes note of everything else.
  func deliver(_ messages: KafkaMessages, _ body: (RecordBatch) -> Void) -> Int {
    if records.count < messages.count {
      records.deallocate()
      records = .allocate(capacity: messages.count)
    }
    var count = 0
    var last: SourceRecord?
    for message in messages {
      guard message.isRecord else {
        notice(message)
        continue
      }
      // One look-up a run, not one a record.
      if let last, last.partition != message.partition { passed(last) }
      let offset = message.offset
      let record = SourceRecord(
        bytes: message.value, partition: message.partition, offset: offset, nextOffset: offset &+ 1,
        timestamp: message.timestamp)
      (records.baseAddress.map { $0 + count })?.initialize(to: record)
      count += 1
      last = record
    }
    if let last { passed(last) }
    if count > 0 { body(RecordBatch(records: UnsafeBufferPointer(rebasing: records[..<count]))) }
    return count
  }

  private func passed(_ record: SourceRecord) {
    // An end that was reached before this record is none any more; one told after it, in the same batch, is.
    let end = partitions[record.partition]?.end
    partitions[record.partition] = PartitionState(
      nextOffset: record.nextOffset, end: end.flatMap { $0 >= record.nextOffset ? $0 : nil })
  }

  /// Takes note of what came instead of a record.
  func notice(_ message: KafkaMessage) {
    guard let error = message.error else { return }
    switch error.code {
    case .endOfPartition:
      partitions[message.partition]?.end = message.offset
    case .offsetOutOfRange:
      suspects.insert(message.partition)
    case .group:
      reports.notice(.debug, "about the group of the committed offsets: \(error)")
    default:
      reports.receive(.error(error))
      let problem = KafkaReports.problem(for: error, topic: settings.topic)
      if !problem.isTransient { failure = problem }
    }
  }

  /// What to answer when no record came.
  func eventWithoutRecords() -> SourceEvent {
    if !suspects.isEmpty { checkSuspects() }
    if let failure { return .problem(failure) }
    if let problem = reports.takeProblem() {
      if !problem.isTransient { failure = problem }
      return .problem(problem)
    }
    return .idle(caughtUp: replay == nil && !partitions.isEmpty && partitions.values.allSatisfy { $0.end != nil })
  }

  func attempting(_ body: () throws(KafkaError) -> Void) throws(SourceProblem) {
    do throws(KafkaError) {
      try body()
    } catch {
      throw KafkaReports.problem(for: error, topic: settings.topic)
    }
  }
}
