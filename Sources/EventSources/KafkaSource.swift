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

  /// That it is not known whether this is still the topic that is learned.
  public var standingProblem: SourceFlaw? { protection.problem.map(SourceFlaw.unchecked) }

  let settings: KafkaSourceSettings
  let reports: KafkaReports
  var consumer: KafkaConsumer?
  var partitions: [Int32: PartitionState] = [:]
  var replay: KafkaReplay?
  var failure: SourceProblem?
  var nextRefresh: Int64 = 0
  /// Partitions that were said to be out of range, and not yet asked for theirs: until they were, nothing is delivered.
  var suspects: Set<Int32> = []
  /// Asks beside the flow whether this is still the topic that was started, and what is known of that.
  var topicCheck: KafkaTopicCheck?
  /// When the last check that held began, on the monotonic clock.
  var lastCheck: Int64 = 0
  var identity = ""
  var topicID: String?
  /// Records that the next check compares: the last of each partition when the check before began.
  var compared: [Int32: LastRecord] = [:]
  /// Whether the checks beside the flow tell anything.
  var protection: KafkaProtection
  var news: [SourceNews] = []
  /// Asks beside the flow how far the topic reaches.
  var watch: KafkaWatch?
  /// What librdkafka reported of the brokers as a whole, and when: it stands until a broker was heard of again.
  private var silence: (problem: SourceProblem, since: Int64)?
  /// When positions are committed next, and those that were.
  var nextCommit: Int64 = 0
  var committed: [Int32: Int64] = [:]
  private var records: UnsafeMutableBufferPointer<SourceRecord> = .allocate(capacity: 1024)
  /// Of the batch being delivered, the last record of each partition.
  private var lastOfBatch: [Int32: SourceRecord] = [:]

  /// Where delivery stands in a partition.
  struct PartitionState {
    var nextOffset: Int64
    /// The offset at which the partition's end was reached, where nothing was delivered since.
    var end: Int64?
    /// The last record delivered; of a start, the last that was learned.
    var last: LastRecord?
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
    protection = KafkaProtection(topic: settings.topic)
    reports = KafkaReports(topic: settings.topic, notify: notify)
    reports.notice(.info, "reading topic \(settings.topic) with librdkafka \(KafkaLibrary.version)")
    consumer = try Self.makeConsumer(settings, reports)
  }

  deinit {
    records.deallocate()
  }

  static func makeConsumer(
    _ settings: KafkaSourceSettings, _ reports: KafkaReports, _ overriding: [String: String] = [:]
  ) throws(SourceProblem) -> KafkaConsumer {
    do throws(KafkaError) {
      let properties = settings.properties.merging(overriding) { $1 }
      return try KafkaConsumer(KafkaConfiguration(properties)) { [reports] in reports.receive($0) }
    } catch {
      throw KafkaReports.problem(for: error, topic: settings.topic)
    }
  }

  /// A consumer that asks, and reads single records at most.
  static func makeAskingConsumer(_ settings: KafkaSourceSettings, _ reports: KafkaReports) throws(SourceProblem)
    -> KafkaConsumer
  {
    try makeConsumer(settings, reports, KafkaRecordsAgain.properties)
  }

  /// Begins, or begins again: see `EventSource`. Takes a second or so, since the last records learned are read again.
  public func start(at position: SourcePosition?, missing: MissingPositionPolicy, replaying runs: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    // A consumer is assigned once; with the one before goes what it fetched.
    replay = nil
    consumer = nil
    topicCheck?.forget()
    failure = nil
    silence = nil
    suspects = []
    partitions = [:]
    news = []
    let asking = try Self.makeAskingConsumer(settings, reports)
    let starting = KafkaStart(consumer: asking, settings: settings, reports: reports)
    var report = try starting.resolve(position, missing: missing, replaying: runs)
    var runs = Array(runs)
    if !runs.isEmpty && report.notes.contains(where: { if case .positionMoved = $0 { true } else { false } }) {
      runs = []
      report.notes.append(
        .remark("the order journal is not replayed, since the position moved: records come in an order of their own"))
    }
    // A journal begins with the places where its partitions began, as jumps. The position is there already, or further on:
    // what lies between holds no record, and may be gone.
    while let first = runs.first, first.count == 0,
      position == nil || report.position[first.partition]?.nextOffset ?? -1 >= first.nextOffset
    {
      runs.removeFirst()
    }
    identity = report.position.identity
    topicID = report.position.topicID
    compared = [:]
    for partition in report.position.partitions {
      partitions[partition.partition] = PartitionState(
        nextOffset: partition.nextOffset, last: partition.lastRecord ?? partition.lastChecked)
      compared[partition.partition] = partition.lastChecked
    }
    if runs.isEmpty {
      try assign()
    } else {
      replay = try KafkaReplay(runs, of: self)
    }
    // A start compares more than a check does.
    protection.held(at: wallClockMilliseconds())
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
    tendTheCheck()
    if replay != nil {
      // Errors of the consumer as a whole come the common way, which nothing else takes during a replay.
      consumer.consume(maximum: 16, timeoutMilliseconds: 0) { messages in
        for message in messages { self.notice(message) }
      }
    }
    if let failure { return .problem(failure) }
    if let problem = problemOfSuspects() {
      // Nothing was consumed, which would have waited.
      if failure == nil { sleep(milliseconds: Int64(timeout)) }
      return .problem(problem)
    }
    if let replay {
      return replay.nextBatch(of: self, maximum: max(1, maximum), timeoutMilliseconds: timeout, body)
    }
    var delivered = 0
    consumer.consume(maximum: max(1, maximum), timeoutMilliseconds: timeout) { messages in
      delivered = self.deliver(messages, body)
    }
    return delivered > 0 ? .records(delivered) : eventWithoutRecords()
  }

  /// Ends the consumer.
  public func close() {
    // Each of them takes a moment to end, and all at once no longer than one.
    watch?.cancel()
    topicCheck?.cancel()
    replay = nil
    consumer = nil
    topicCheck = nil
    watch?.end()
    watch = nil
  }

  /// What was told of the ends of partitions, and of checks.
  public func takeNews() -> [SourceNews] {
    defer { news = [] }
    return news
  }

  /// Goes on live after a replay, with a consumer that has its partitions together.
  func endReplay() {
    replay = nil
    do throws(SourceProblem) {
      try assign()
    } catch {
      failure = error
    }
  }

  /// Reads all partitions on from where delivery stands, with a new consumer.
  ///
  /// - Parameter prepare: is given the consumer before it is assigned.
  func assign(_ prepare: (KafkaConsumer) throws(KafkaError) -> Void = { (_) throws(KafkaError) in })
    throws(SourceProblem)
  {
    consumer = nil
    let new = try Self.makeConsumer(settings, reports)
    consumer = new
    do throws(KafkaError) {
      try prepare(new)
      try new.assign(
        topic: settings.topic,
        partitions.sorted { $0.key < $1.key }.map {
          KafkaPartitionOffset(partition: $0.key, offset: $0.value.nextOffset)
        })
    } catch {
      throw KafkaReports.problem(for: error, topic: settings.topic)
    }
  }

  /// Hands records over, in order, and takes note of everything else.
  func deliver(_ messages: KafkaMessages, _ body: (RecordBatch) -> Void) -> Int {
    if records.count < messages.count {
      records.deallocate()
      records = .allocate(capacity: messages.count)
    }
    var count = 0
    var last: SourceRecord?
    lastOfBatch.removeAll(keepingCapacity: true)
    for message in messages {
      guard message.isRecord else {
        notice(message)
        // What follows may be another topic's. A start fetches it again.
        if isInDoubt { break }
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
    if let last {
      passed(last)
      // What was fetched before the brokers fell silent may come for a while: where they are asked, they tell.
      if watch == nil { silence = nil }
    }
    rememberLast()
    if count > 0 { body(RecordBatch(records: UnsafeBufferPointer(rebasing: records[..<count]))) }
    return count
  }

  private func passed(_ record: SourceRecord) {
    lastOfBatch[record.partition] = record
    // An end that was reached before this record is none any more; one told after it, in the same batch, is.
    let before = partitions[record.partition]
    partitions[record.partition] = PartitionState(
      nextOffset: record.nextOffset, end: before?.end.flatMap { $0 >= record.nextOffset ? $0 : nil }, last: before?.last
    )
  }

  /// Remembers the last record of each partition in a batch, whose bytes are there no longer.
  private func rememberLast() {
    var first: [Int32: LastRecord] = [:]
    for (partition, record) in lastOfBatch {
      let last = LastRecord(offset: record.offset, timestamp: record.timestamp, checksum: record.checksum)
      partitions[partition]?.last = last
      if compared[partition] == nil { first[partition] = last }
    }
    lastOfBatch.removeAll(keepingCapacity: true)
    if !first.isEmpty { beKnown(by: first) }
  }

  /// Takes note of what came instead of a record.
  func notice(_ message: KafkaMessage) {
    guard let error = message.error else { return }
    switch error.code {
    case .endOfPartition:
      silence = nil
      partitions[message.partition]?.end = message.offset
      if replay == nil { news.add(.reachedEnds([message.partition: message.offset])) }
    case .offsetOutOfRange:
      if partitions[message.partition] != nil { suspects.insert(message.partition) }
    case .group:
      reports.notice(.debug, "about the group of the committed offsets: \(error)")
    default:
      reports.receive(.error(error))
      let problem = KafkaReports.problem(for: error, topic: settings.topic)
      if !problem.isTransient || problem.needsRestart { failure = problem }
    }
  }

  /// What to answer when no record came.
  func eventWithoutRecords() -> SourceEvent {
    if let problem = failure ?? problemOfSuspects() { return .problem(problem) }
    if let (problem, time) = reports.takeReport(), problem.kind != .unreachable || !wasAnswered(after: time) {
      if !problem.isTransient || problem.needsRestart { failure = problem }
      silence = (problem, time)
      return .problem(problem)
    }
    // Of the ends that were reached nothing is told again: that no record came is no sign that a broker is there.
    if let silence, !wasAnswered(after: silence.since) { return .problem(silence.problem) }
    silence = nil
    return .idle(caughtUp: replay == nil && !partitions.isEmpty && partitions.values.allSatisfy { $0.end != nil })
  }

  /// Whether a broker answered a question that was asked after a time.
  private func wasAnswered(after time: Int64) -> Bool {
    max(watch?.lastAnswer ?? 0, lastCheck) > time
  }
}
