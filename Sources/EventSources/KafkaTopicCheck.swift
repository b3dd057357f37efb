import Kafka
import Threads

/// Asks, beside the flow of records and on a thread of its own, whether the topic is still the one that is read, and
/// which partitions it has: a topic that was made anew under its name delivers on from the middle without a word.
///
/// Every question is asked with a consumer of its own, which knows nothing from before. The thread that reads the topic
/// begins a check, and takes its outcome when there is one; it waits for neither.
final class KafkaTopicCheck {
  /// What is known of the topic.
  struct Known: Sendable {
    var identity: String
    var topicID: String?
    var partitions: Set<Int32>
    /// Records of the topic that are compared.
    var compared: [Int32: LastRecord]
    /// The last records delivered: a check that holds vouches for them.
    var delivered: [Int32: LastRecord]
  }

  /// What came of it.
  enum Outcome: Sendable {
    /// The topic is the one that was known.
    case same(SourceCheck, topicID: String?, newPartitions: [KafkaPartitionOffset])
    /// It may be another one; whoever starts again finds out.
    case doubtful(String)
    /// Nobody could tell.
    case unknown(String)
  }

  private let settings: KafkaSourceSettings
  private let worker = WorkerThread(name: "topic check")
  private let outcome = Lock<Outcome?>(nil)
  private let isEnding = Lock(false)
  /// Whether a check was begun whose outcome was not taken; the reading thread's alone.
  private var isUnderWay = false
  private var isForgotten = false
  /// When the last check began, on the monotonic clock.
  private(set) var beganAt: Int64 = 0

  init(_ settings: KafkaSourceSettings) {
    self.settings = settings
  }

  deinit {
    cancel()
    worker.stop()
  }

  /// Lets a check that is under way end soon.
  func cancel() {
    isEnding.withLock { $0 = true }
  }

  /// Begins a check, unless one is under way.
  func begin(_ known: Known) {
    guard !isUnderWay else { return }
    isUnderWay = true
    beganAt = monotonicMilliseconds()
    let (settings, outcome, isEnding) = (settings, outcome, isEnding)
    _ = worker.run {
      let found = KafkaTopicCheck.check(known, settings) { isEnding.withLock { $0 } }
      outcome.withLock { $0 = found }
    }
  }

  /// The outcome of the check that was begun, once.
  func takeOutcome() -> Outcome? {
    guard isUnderWay, let found = outcome.withLock({ $0 }) else { return nil }
    outcome.withLock { $0 = nil }
    isUnderWay = false
    defer { isForgotten = false }
    return isForgotten ? nil : found
  }

  /// Lets the outcome of a check that is under way count no more: reading begins again.
  func forget() {
    isForgotten = isUnderWay
  }

  private static func check(_ known: Known, _ settings: KafkaSourceSettings, _ isCancelled: @escaping () -> Bool)
    -> Outcome
  {
    // What goes wrong here goes wrong in the flow as well, which tells it.
    let reports = KafkaReports(topic: settings.topic) { _ in }
    do throws(SourceProblem) {
      let consumer = try KafkaSource.makeAskingConsumer(settings, reports)
      let asking = KafkaStart(
        consumer: consumer, settings: settings, reports: reports, isCancelled: isCancelled)
      let time = wallClockMilliseconds()
      let partitions: [Int32]
      do throws(SourceProblem) {
        // This consumer has no connection yet, which may take longer than one question waits.
        partitions = try asking.repeating { (timeout) throws(KafkaError) in
          try consumer.partitions(of: settings.topic, timeoutMilliseconds: timeout)
        }
      } catch {
        return error.kind == .missing ? .doubtful("it is not there") : .unknown(error.message)
      }
      let missing = known.partitions.subtracting(partitions).sorted()
      if let first = missing.first {
        return .doubtful("it has \(partitions.count) partitions, and partition \(first) is no longer one of them")
      }
      let cluster = consumer.clusterID(timeoutMilliseconds: 2000) ?? "unknown"
      let identity = "\(cluster)/\(settings.topic)"
      guard KafkaStart.mayBeSame(known.identity, identity) else {
        return .doubtful("it is \(identity) now, and was \(known.identity)")
      }
      if isCancelled() { return .unknown("reading ends") }
      let topicID = consumer.topicID(of: settings.topic, timeoutMilliseconds: 2000)
      if let saved = known.topicID, let topicID, saved != topicID {
        return .doubtful("its id is \(topicID) now, and was \(saved)")
      }
      var new: [KafkaPartitionOffset] = []
      for partition in partitions where !known.partitions.contains(partition) {
        let marks = try asking.repeating { (timeout) throws(KafkaError) in
          try consumer.watermarks(topic: settings.topic, partition: partition, timeoutMilliseconds: timeout)
        }
        new.append(KafkaPartitionOffset(partition: partition, offset: marks.low))
      }
      let reading = KafkaRecordsAgain(
        topic: settings.topic, reports: reports, deadline: monotonicMilliseconds() + settings.startTimeoutMilliseconds,
        isCancelled: isCancelled)
      guard let answers = try reading.read(known.compared, with: consumer) else { return .unknown("reading ends") }
      for (partition, answer) in answers.sorted(by: { $0.key < $1.key }) {
        let offset = known.compared[partition]?.offset ?? 0
        if answer == .another { return .doubtful("partition \(partition) has another record at offset \(offset)") }
        if answer == .pastTheEnd { return .doubtful("partition \(partition) ends before offset \(offset)") }
      }
      return .same(SourceCheck(milliseconds: time, records: known.delivered), topicID: topicID, newPartitions: new)
    } catch {
      return .unknown(error.message)
    }
  }
}
