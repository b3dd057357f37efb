// Unsafe memory: keys and values are copied by librdkafka within the call; headers become librdkafka's where it
// accepted the record and are destroyed here where it did not.
import CRdKafka
import CRdKafkaSupport

/// What became of the records given to a producer.
public struct KafkaDeliveries: Equatable, Sendable {
  /// How many the brokers have acknowledged.
  public var delivered: UInt64 = 0
  /// How many were given up.
  public var failed: UInt64 = 0
  /// Why the last of those was.
  public var lastError: KafkaError?
}

/// A producer; idempotent unless configured otherwise, so that a retry writes nothing twice.
///
/// Thread rule: one thread makes, uses and lets go of a producer. Deliveries are noticed inside its calls.
public final class KafkaProducer {
  private let handle: KafkaHandle

  /// What became of the records so far.
  public private(set) var deliveries = KafkaDeliveries()

  /// Told what became of each record, by the tag it was given with; nil for an acknowledgement. Called inside the
  /// producer's calls.
  public var onDelivery: ((_ tag: UInt, KafkaError?) -> Void)?

  /// Makes a producer; nothing is connected before it is needed.
  public init(_ configuration: KafkaConfiguration, report: @escaping @Sendable (KafkaEvent) -> Void = { _ in })
    throws(KafkaError)
  {
    let complete = configuration.withDefaults([
      "client.id": "afmd", "enable.idempotence": "true", "linger.ms": "5",
      "reconnect.backoff.max.ms": "2000",
    ])
    handle = try KafkaHandle(RD_KAFKA_PRODUCER, complete, report: report)
    handle.callbacks.deliver = { [unowned self] message in
      let error = message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(message.pointee.err)
      if let error {
        deliveries.failed &+= 1
        deliveries.lastError = error
      } else {
        deliveries.delivered &+= 1
      }
      onDelivery?(UInt(bitPattern: message.pointee._private), error)
    }
  }

  deinit {
    // What was not flushed is given up; its reports would reach an object that is going.
    handle.callbacks.deliver = nil
  }

  /// Gives one record to the producer, waiting where its queue is full.
  ///
  /// - Parameters:
  ///   - value: the record's value, copied.
  ///   - topic: where it goes.
  ///   - key: its key, copied; empty for none. Records of one key go to one partition.
  ///   - partition: the partition; nil lets the partitioner choose.
  ///   - headers: names and values, in order.
  ///   - timeoutMilliseconds: how long to wait for room in the queue.
  ///   - tag: what `onDelivery` names it by.
  /// - Throws: `queueFull` where no room came in time; what else keeps the record from being accepted.
  public func produce(
    _ value: UnsafeRawBufferPointer, to topic: String, key: UnsafeRawBufferPointer = .init(start: nil, count: 0),
    partition: Int32? = nil, headers: [(name: String, value: String)] = [], timeoutMilliseconds: Int = 60_000,
    tag: UInt = 0
  ) throws(KafkaError) {
    var waited = 0
    while true {
      let native = Self.native(headers)
      let error = afm_kafka_produce(
        handle.native, topic, partition ?? RD_KAFKA_PARTITION_UA, key.baseAddress, key.count, value.baseAddress,
        value.count, native, UnsafeMutableRawPointer(bitPattern: tag))
      if error == RD_KAFKA_RESP_ERR_NO_ERROR { break }
      if let native { rd_kafka_headers_destroy(native) }
      guard error == RD_KAFKA_RESP_ERR__QUEUE_FULL, waited < timeoutMilliseconds else {
        throw error == RD_KAFKA_RESP_ERR__FATAL
          ? KafkaHandle.fatalError(of: handle.native) ?? KafkaError(error) : KafkaError(error)
      }
      // Returns as soon as reports were served, which is when the queue has room.
      rd_kafka_poll(handle.native, 100)
      waited += 100
    }
    rd_kafka_poll(handle.native, 0)
  }

  /// Gives one record of text to the producer, as `produce` does.
  public func produce(
    _ value: String, to topic: String, key: String = "", partition: Int32? = nil,
    headers: [(name: String, value: String)] = [], timeoutMilliseconds: Int = 60_000
  ) throws(KafkaError) {
    let valueBytes = Array(value.utf8)
    let keyBytes = Array(key.utf8)
    let result: Result<Void, KafkaError> = valueBytes.withUnsafeBytes { value in
      keyBytes.withUnsafeBytes { key in
        Result { () throws(KafkaError) in
          try produce(
            value, to: topic, key: key, partition: partition, headers: headers,
            timeoutMilliseconds: timeoutMilliseconds)
        }
      }
    }
    try result.get()
  }

  /// Notices deliveries, waiting at most so long for the first.
  public func poll(timeoutMilliseconds: Int32) {
    rd_kafka_poll(handle.native, timeoutMilliseconds)
  }

  /// How many records wait to be sent or acknowledged.
  public var waiting: Int { Int(rd_kafka_outq_len(handle.native)) }

  /// Waits until every record is acknowledged or given up.
  ///
  /// - Throws: `timedOut` where some still wait.
  public func flush(timeoutMilliseconds: Int32) throws(KafkaError) {
    let error = rd_kafka_flush(handle.native, timeoutMilliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }

  /// Gives up every record that waits; each counts as failed.
  public func purge() {
    rd_kafka_purge(handle.native, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    rd_kafka_flush(handle.native, 1000)
  }

  private static func native(_ headers: [(name: String, value: String)]) -> OpaquePointer? {
    guard !headers.isEmpty, let native = rd_kafka_headers_new(headers.count) else { return nil }
    for header in headers {
      var value = header.value
      value.withUTF8 { bytes in
        _ = rd_kafka_header_add(native, header.name, -1, bytes.baseAddress, bytes.count)
      }
    }
    return native
  }
}
