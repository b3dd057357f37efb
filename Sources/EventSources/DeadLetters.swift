import Kafka

/// Records that could not be used, sent on to a Kafka topic for others to repair.
///
/// Each keeps its bytes; its key is `topic/partition/offset` of where it came from, its headers are `reason` and
/// `detail`. At least once: after a crash some are sent again, with the same key. One thread uses it.
public final class DeadLetters {
  /// The topic they go to.
  public let topic: String

  private let source: String
  private let producer: KafkaProducer
  private let reports: KafkaReports

  /// How many could not be sent.
  public var failed: UInt64 { producer.deliveries.failed &+ refused }
  private var refused: UInt64 = 0

  /// How many were acknowledged.
  public var delivered: UInt64 { producer.deliveries.delivered }

  /// Makes a sender.
  ///
  /// - Parameters:
  ///   - topic: where they go.
  ///   - source: the name of where they come from, the first part of their keys.
  ///   - properties: any of librdkafka's properties for a producer; `bootstrap.servers` at least.
  ///   - notify: takes notices for the log, on any thread.
  /// - Throws: `configuration`, naming the property at fault.
  public init(
    topic: String, source: String, properties: [String: String],
    notify: @escaping @Sendable (SourceNotice) -> Void = { _ in }
  ) throws(SourceProblem) {
    self.topic = topic
    self.source = source
    let reports = KafkaReports(topic: topic, notify: notify)
    self.reports = reports
    do throws(KafkaError) {
      producer = try KafkaProducer(KafkaConfiguration(properties)) { reports.receive($0) }
    } catch {
      throw KafkaReports.problem(for: error, topic: topic)
    }
  }

  /// Sends a record on; waits where the producer's queue is full. A failure is counted and told, never thrown: a
  /// record that cannot be learned must not hold up those that can.
  public func send(_ record: SourceRecord, reason: String, detail: String, timeoutMilliseconds: Int = 10_000) {
    let key = Array("\(source)/\(record.partition)/\(record.offset)".utf8)
    do throws(KafkaError) {
      try key.withUnsafeBufferPointer { (key) throws(KafkaError) in
        try producer.produce(
          record.bytes, to: topic, key: UnsafeRawBufferPointer(key),
          headers: [("reason", reason), ("detail", detail)], timeoutMilliseconds: timeoutMilliseconds)
      }
    } catch {
      refused &+= 1
      reports.notice(
        .error,
        "the record at \(source)/\(record.partition)/\(record.offset) could not be sent to dead letters \(topic): "
          + "\(error). It is in the quarantine file")
    }
  }

  /// Waits until all are acknowledged, before a snapshot says that they are done with.
  ///
  /// - Returns: whether all were, in time.
  @discardableResult
  public func flush(timeoutMilliseconds: Int32 = 10_000) -> Bool {
    do throws(KafkaError) {
      try producer.flush(timeoutMilliseconds: timeoutMilliseconds)
      return true
    } catch {
      reports.notice(.warning, "\(producer.waiting) dead letters still wait for topic \(topic): \(error)")
      return false
    }
  }
}
