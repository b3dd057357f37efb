// Unsafe memory: librdkafka calls back with the opaque pointer it was given. It points to a `KafkaCallbacks` that the
// handle retains until `rd_kafka_destroy` has returned, after which no callback runs any more.
import CRdKafka
import Threads

/// What librdkafka's callbacks reach.
///
/// `report` is called on any thread (it is `@Sendable`); `deliver` only inside polls of the thread that owns the
/// producer.
final class KafkaCallbacks {
  let configuration: KafkaConfiguration
  let report: @Sendable (KafkaEvent) -> Void
  var deliver: ((_ message: UnsafePointer<rd_kafka_message_t>) -> Void)?

  init(configuration: KafkaConfiguration, report: @escaping @Sendable (KafkaEvent) -> Void) {
    self.configuration = configuration
    self.report = report
  }

  static func of(_ opaque: UnsafeMutableRawPointer?) -> KafkaCallbacks? {
    opaque.map { Unmanaged<KafkaCallbacks>.fromOpaque($0).takeUnretainedValue() }
  }
}

/// One instance of librdkafka with its callbacks; destroyed with this object unless it was abandoned.
///
/// librdkafka 2.0.2 waits for ever for the end of an instance whose topic went missing while it was read. So destroying
/// runs on a thread of its own, which is left to itself when it takes too long.
final class KafkaHandle {
  let native: OpaquePointer
  let callbacks: KafkaCallbacks
  private let retained: Unmanaged<KafkaCallbacks>
  private var isAbandoned = false

  /// Makes an instance.
  ///
  /// - Throws: an error of configuration that names the property.
  init(
    _ type: rd_kafka_type_t, _ configuration: KafkaConfiguration,
    report: @escaping @Sendable (KafkaEvent) -> Void
  ) throws(KafkaError) {
    let properties = try configuration.makeNative()
    let callbacks = KafkaCallbacks(configuration: configuration, report: report)
    let retained = Unmanaged.passRetained(callbacks)
    rd_kafka_conf_set_opaque(properties, retained.toOpaque())
    rd_kafka_conf_set_log_cb(properties) { client, level, facility, message in
      guard let callbacks = KafkaCallbacks.of(rd_kafka_opaque(client)) else { return }
      callbacks.report(
        .log(
          level: Int(level), facility: facility.map { String(cString: $0) } ?? "",
          message: message.map { String(cString: $0) } ?? ""))
    }
    rd_kafka_conf_set_error_cb(properties) { client, code, reason, opaque in
      guard let callbacks = KafkaCallbacks.of(opaque) else { return }
      var error = KafkaError(rd_kafka_resp_err_t(code), text: reason.map { String(cString: $0) })
      if error.code == .fatal, let client { error = KafkaHandle.fatalError(of: client) ?? error }
      if error.code == .authentication { error.text = callbacks.configuration.explanation(of: error.text) }
      callbacks.report(.error(error))
    }
    rd_kafka_conf_set_stats_cb(properties) { _, json, length, opaque in
      guard let callbacks = KafkaCallbacks.of(opaque), let json else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: json, count: length)
      callbacks.report(.statistics(String(decoding: bytes, as: UTF8.self)))
      return 0
    }
    if type == RD_KAFKA_PRODUCER {
      rd_kafka_conf_set_dr_msg_cb(properties) { _, message, opaque in
        guard let message else { return }
        KafkaCallbacks.of(opaque)?.deliver?(message)
      }
    }
    var reason = [CChar](repeating: 0, count: 512)
    guard let native = rd_kafka_new(type, properties, &reason, reason.count) else {
      rd_kafka_conf_destroy(properties)
      retained.release()
      throw KafkaError(
        code: .invalidProperty, rawCode: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue, text: text(of: reason))
    }
    self.native = native
    self.callbacks = callbacks
    self.retained = retained
  }

  deinit {
    if isAbandoned { return }
    let (instance, opaque) = (UInt(bitPattern: native), UInt(bitPattern: retained.toOpaque()))
    let isOver = Monitor(false)
    let thread = DedicatedThread(name: "kafka end") {
      rd_kafka_destroy(OpaquePointer(bitPattern: instance))
      if let opaque = UnsafeMutableRawPointer(bitPattern: opaque) {
        Unmanaged<KafkaCallbacks>.fromOpaque(opaque).release()
      }
      isOver.update { $0 = true }
    }
    if isOver.wait(milliseconds: Self.destroyingMilliseconds, until: { $0 ? true : nil }) != nil { thread.join() }
  }

  private static let destroyingMilliseconds = 3000

  /// Leaves the instance to itself with what its callbacks need, for the rest of the process: destroying it would wait
  /// for brokers that are away.
  func abandon() {
    isAbandoned = true
  }

  /// The error that ended an instance, where one did.
  static func fatalError(of native: OpaquePointer) -> KafkaError? {
    var reason = [CChar](repeating: 0, count: 512)
    let code = rd_kafka_fatal_error(native, &reason, reason.count)
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    var error = KafkaError(code, text: text(of: reason))
    error.code = .fatal
    error.isFatal = true
    error.isRetriable = false
    return error
  }
}
