import CRdKafka

/// What Kafka, or librdkafka on its behalf, refused to do.
public struct KafkaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Sorts of errors that a caller may treat differently; everything else is `other`.
  public enum Code: String, Sendable {
    /// A property that librdkafka does not know.
    case unknownProperty
    /// A property with an impossible value, or properties that contradict each other.
    case invalidProperty
    /// A broker could not be reached, or a connection broke.
    case transport
    /// None of the brokers can be reached.
    case allBrokersDown
    /// A host name could not be resolved.
    case resolve
    /// No answer came in time.
    case timedOut
    /// The login, or the TLS handshake, failed.
    case authentication
    /// The login is good, but it may not do this.
    case authorization
    /// There is no such topic, or no such partition.
    case unknownTopicOrPartition
    /// The offset asked for is not, or no longer, in the partition.
    case offsetOutOfRange
    /// Not an error: the end of a partition was reached.
    case endOfPartition
    /// The producer's queue is full.
    case queueFull
    /// Data that fails its checksum.
    case corrupt
    /// A record is larger than the broker or the client allows.
    case recordTooLarge
    /// Something about consumer groups, which matters only to committed offsets.
    case group
    /// The instance cannot go on and must be made anew.
    case fatal
    /// Anything else.
    case other
  }

  /// The sort of error.
  public var code: Code

  /// librdkafka's number: negative for its own errors, positive for the broker's.
  public var rawCode: Int32

  /// Whether the same call may succeed later without anybody's help.
  public var isRetriable: Bool

  /// Whether the consumer or producer can do no more and must be made anew.
  public var isFatal: Bool

  /// What happened, and where known what to do about it.
  public var text: String

  /// The property at fault, for errors of configuration.
  public var property: String?

  /// The text with librdkafka's name of the error.
  public var description: String {
    if property != nil { return text }
    let name = rd_kafka_err2name(rd_kafka_resp_err_t(rawCode)).map { String(cString: $0) } ?? "\(rawCode)"
    return "\(text) (\(name))"
  }

  init(
    code: Code, rawCode: Int32 = 0, isRetriable: Bool = false, isFatal: Bool = false, text: String,
    property: String? = nil
  ) {
    self.code = code
    self.rawCode = rawCode
    self.isRetriable = isRetriable
    self.isFatal = isFatal
    self.text = text
    self.property = property
  }

  /// An error by librdkafka's number; the text is librdkafka's unless one is given.
  init(_ error: rd_kafka_resp_err_t, text: String? = nil) {
    let code = Code(error)
    self.init(
      code: code, rawCode: error.rawValue, isRetriable: code.isUsuallyRetriable,
      isFatal: error == RD_KAFKA_RESP_ERR__FATAL,
      text: text ?? rd_kafka_err2str(error).map { String(cString: $0) } ?? "error \(error.rawValue)")
  }

  /// Takes over an error object, which is destroyed.
  init(consuming object: OpaquePointer) {
    self.init(
      rd_kafka_error_code(object), text: rd_kafka_error_string(object).map { String(cString: $0) })
    isRetriable = rd_kafka_error_is_retriable(object) != 0
    isFatal = rd_kafka_error_is_fatal(object) != 0
    rd_kafka_error_destroy(object)
  }
}

extension KafkaError.Code {
  init(_ error: rd_kafka_resp_err_t) {
    switch error {
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR__WAIT_COORD:
      self = .transport
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: self = .allBrokersDown
    case RD_KAFKA_RESP_ERR__RESOLVE: self = .resolve
    case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      self = .timedOut
    case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      self = .authentication
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      self = .authorization
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      self = .unknownTopicOrPartition
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: self = .offsetOutOfRange
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: self = .endOfPartition
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: self = .queueFull
    case RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION: self = .corrupt
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: self = .recordTooLarge
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
      RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
      RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      self = .group
    case RD_KAFKA_RESP_ERR__INVALID_ARG: self = .invalidProperty
    case RD_KAFKA_RESP_ERR__FATAL: self = .fatal
    default: self = .other
    }
  }

  /// Whether librdkafka keeps trying by itself, or a later call may succeed.
  var isUsuallyRetriable: Bool {
    switch self {
    case .transport, .allBrokersDown, .resolve, .timedOut, .queueFull, .group: true
    default: false
    }
  }
}
