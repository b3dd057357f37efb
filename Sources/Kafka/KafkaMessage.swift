// Unsafe memory: a message belongs to librdkafka and is valid only while the closure that received it runs.
import CRdKafka

/// One message that a consumer received: a record, or an event of its partition.
public struct KafkaMessage {
  let native: UnsafePointer<rd_kafka_message_t>

  /// The partition; -1 for an event of the consumer as a whole.
  public var partition: Int32 { native.pointee.partition }

  /// The record's offset; for the end of a partition, the offset the next record will have.
  public var offset: Int64 { native.pointee.offset }

  /// Whether this is a record, not an event.
  public var isRecord: Bool { native.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR }

  /// The record's value, empty where it has none (a tombstone).
  public var value: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: native.pointee.payload, count: native.pointee.payload == nil ? 0 : native.pointee.len)
  }

  /// The record's key, empty where it has none.
  public var key: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: native.pointee.key, count: native.pointee.key == nil ? 0 : native.pointee.key_len)
  }

  /// The record's timestamp in milliseconds since 1970, -1 where it has none.
  public var timestamp: Int64 {
    rd_kafka_message_timestamp(native, nil)
  }

  /// The event's error; nil for a record.
  public var error: KafkaError? {
    guard !isRecord else { return nil }
    let words = rd_kafka_message_errstr(native).map { String(cString: $0) }
    return KafkaError(native.pointee.err, text: words)
  }

  /// The values of the record's headers of one name, as text.
  public func headers(named name: String) -> [String] {
    var headers: OpaquePointer?
    let message = UnsafePointer(native)
    guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return [] }
    var values: [String] = []
    var value: UnsafeRawPointer?
    var length = 0
    while rd_kafka_header_get(headers, values.count, name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR {
      values.append(String(decoding: UnsafeRawBufferPointer(start: value, count: length), as: UTF8.self))
    }
    return values
  }
}

/// Messages in the order in which they were received; valid while the closure they were given to runs.
public struct KafkaMessages: Sequence, IteratorProtocol {
  private let messages: UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  private var place = 0

  init(_ messages: UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>) {
    self.messages = messages
  }

  /// How many there are.
  public var count: Int { messages.count }

  /// The next message.
  public mutating func next() -> KafkaMessage? {
    while place < messages.count {
      defer { place += 1 }
      if let native = messages[place] { return KafkaMessage(native: UnsafePointer(native)) }
    }
    return nil
  }
}
