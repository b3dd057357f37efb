/// What librdkafka reports on its own initiative.
public enum KafkaEvent: Sendable {
  /// A line of its log: the syslog level (0 most severe, 7 debugging), the part of the library, the message.
  /// Comes on any of librdkafka's threads.
  case log(level: Int, facility: String, message: String)
  /// An error of the instance as a whole, as of all brokers being down or a refused login. Comes on the thread that
  /// consumes or produces, while it does.
  case error(KafkaError)
  /// Statistics as one JSON object, where `statistics.interval.ms` is set. Comes on the thread that consumes or
  /// produces.
  case statistics(String)
}
