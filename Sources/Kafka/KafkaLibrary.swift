import CRdKafka

/// The librdkafka that is loaded: Debian's, or any newer one that the loader finds first.
public enum KafkaLibrary {
  /// The version in words, as in `2.0.2`.
  public static var version: String { String(cString: rd_kafka_version_str()) }

  /// The version as a number, `0xMMmmrrpp`: major, minor, revision, pre-release (255: a release).
  public static var versionNumber: UInt32 { UInt32(bitPattern: rd_kafka_version()) }

  /// Whether a SCRAM login works with brokers from Kafka 4.0 on: earlier versions repeat their nonce, which those
  /// brokers refuse with the words of a wrong password.
  static var scramWorksWithKafka4: Bool { versionNumber >= 0x0206_0100 }
}
