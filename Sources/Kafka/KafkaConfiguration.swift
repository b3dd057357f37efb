import CRdKafka

/// Properties of a consumer or a producer: any that the loaded librdkafka knows, by its own names.
public struct KafkaConfiguration: Equatable, Sendable {
  /// The properties.
  public var properties: [String: String]

  /// Makes a configuration; properties that are not given have librdkafka's defaults.
  public init(_ properties: [String: String] = [:]) {
    self.properties = properties
  }

  /// These properties, with `defaults` where they say nothing (aliases such as `metadata.broker.list` are the
  /// caller's business).
  public func withDefaults(_ defaults: [String: String]) -> KafkaConfiguration {
    KafkaConfiguration(properties.merging(defaults) { given, _ in given })
  }

  /// Checks every property without connecting to anything.
  ///
  /// - Throws: `unknownProperty` or `invalidProperty`, naming the property.
  public func validate() throws(KafkaError) {
    rd_kafka_conf_destroy(try makeNative())
  }

  /// librdkafka's own configuration object, which the caller destroys or gives away.
  func makeNative() throws(KafkaError) -> OpaquePointer {
    guard let native = rd_kafka_conf_new() else {
      throw KafkaError(code: .other, text: "librdkafka could not allocate a configuration")
    }
    var reason = [CChar](repeating: 0, count: 512)
    // In a fixed order, so that the same mistakes give the same message.
    for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
      let result = rd_kafka_conf_set(native, name, value, &reason, reason.count)
      if result == RD_KAFKA_CONF_OK { continue }
      rd_kafka_conf_destroy(native)
      if result == RD_KAFKA_CONF_UNKNOWN {
        throw KafkaError(
          code: .unknownProperty, rawCode: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue,
          text: "librdkafka \(KafkaLibrary.version) has no property \"\(name)\"", property: name)
      }
      // librdkafka's words may quote the value, which may be a secret.
      let words = Self.isSecret(name) ? "it was refused" : text(of: reason)
      throw KafkaError(
        code: .invalidProperty, rawCode: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue,
        text: "property \"\(name)\": \(words)", property: name)
    }
    return native
  }

  /// What a refused login means with these properties, in words that lead to a remedy.
  func explanation(of reason: String) -> String {
    let mechanism = properties["sasl.mechanism"] ?? properties["sasl.mechanisms"] ?? ""
    guard mechanism.uppercased().hasPrefix("SCRAM"), !KafkaLibrary.scramWorksWithKafka4 else { return reason }
    return reason + ". Two things have this symptom. The user name or password is wrong: check sasl.username and "
      + "sasl.password. Or the broker is Kafka 4.0 or newer and this librdkafka, \(KafkaLibrary.version), cannot log in "
      + "to it with SCRAM (fixed in 2.6.1): use SASL/PLAIN over TLS, or install librdkafka 2.6.1 or newer"
  }

  private static func isSecret(_ name: String) -> Bool {
    ["password", "secret", "key.pem", "credentials", "oauthbearer.config"].contains { name.contains($0) }
  }
}

/// The text in a C buffer that librdkafka filled.
func text(of buffer: [CChar]) -> String {
  String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
