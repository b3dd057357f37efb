// Unsafe memory: each line is lent to the producer, which copies it within the call.
import Glibc
import JSONReading
import Kafka

/// Reads lines and sends each as a record, at the pace that was asked for.
final class RecordSender {
  private let settings: ProduceSettings
  private let producer: KafkaProducer
  private let lag: LagGauge?
  private let keys: JSONReader?
  private let keyPath: JSONPath?
  private let start = SteadyClock.seconds
  private var pacer: RatePacer
  private var progress = ProduceProgress()
  private var sent: UInt64 = 0
  private var refused: UInt64 = 0
  private var refusal: KafkaError?
  /// Records that may be sent before the lag is asked for again.
  private var room: Int64 = 0

  /// - Parameter lag: asked before more is sent than the daemon may be behind; nil where nobody waits for it.
  init(_ settings: ProduceSettings, _ producer: KafkaProducer, lag: LagGauge?) throws(Failure) {
    self.settings = settings
    self.producer = producer
    self.lag = lag
    if let text = settings.keyPath {
      guard let path = JSONPath(text) else {
        throw Failure(.usage, "--key-path: '\(text)' is not a path such as user.id")
      }
      keyPath = path
      keys = JSONReader(maximumBytes: 64 << 20)
    } else {
      keyPath = nil
      keys = nil
    }
    pacer = RatePacer(perSecond: settings.rate, start: start)
  }

  /// What became of the records so far.
  var counts: ProduceCounts {
    ProduceCounts(
      sent: sent, delivered: producer.deliveries.delivered, failed: producer.deliveries.failed &+ refused,
      seconds: SteadyClock.seconds - start)
  }

  /// Why the last record that failed did.
  var lastError: KafkaError? { producer.deliveries.lastError ?? refusal }

  /// Sends every line, and waits until each is delivered or given up. Ends early, in good order, when interrupted.
  func sendAll(_ lines: LineReader) throws(Failure) {
    for _ in 0..<settings.skip {
      guard try lines.next() != nil else { return }
    }
    while sent < settings.limit, !Interrupt.isRequested, let line = try lines.next() {
      try waitForRoom()
      waitForTurn()
      guard !Interrupt.isRequested else { break }
      try send(line)
      if sent % 256 == 0 { progress.show(counts) }
    }
    try finish()
  }

  private func send(_ line: UnsafeRawBufferPointer) throws(Failure) {
    let result = key(of: line).withUnsafeBytes { key in
      Result { () throws(KafkaError) in
        try producer.produce(line, to: settings.topic, key: key, partition: settings.partition)
      }
    }
    if case .failure(let error) = result {
      refusal = error
      // One record too large says nothing of the others; anything else does.
      guard error.code == .recordTooLarge else { throw Failure(producing: error, to: settings.topic) }
      refused &+= 1
    }
    sent &+= 1
    room -= 1
    pacer.count()
  }

  /// The key's bytes: a string as it is, anything else as JSON; none where the event has no such field.
  private func key(of line: UnsafeRawBufferPointer) -> [UInt8] {
    guard let keys, let keyPath, let value = try? keys.parse(line).value(at: keyPath), !value.isNull else { return [] }
    return value.stringBytes.map { Array($0) } ?? Array(AnswerJSON.text(of: value).utf8)
  }

  private func waitForTurn() {
    while !Interrupt.isRequested {
      let seconds = pacer.wait(at: SteadyClock.seconds)
      guard seconds > 0 else { return }
      progress.show(counts)
      if seconds >= 0.001 {
        producer.poll(timeoutMilliseconds: Int32(min(seconds * 1000, 200)))
      } else {
        usleep(UInt32(seconds * 1_000_000))
      }
    }
  }

  private func waitForRoom() throws(Failure) {
    guard let lag, let maximum = settings.maximumLag, room <= 0 else { return }
    // What is still on its way would not be seen in the topic.
    try flush()
    while !Interrupt.isRequested {
      room = maximum - (try lag.behind())
      // In steps of a quarter, so that the questions cost little.
      if room > maximum / 4 || room == maximum { return }
      progress.show(counts)
      usleep(10_000)
    }
  }

  private func flush() throws(Failure) {
    while producer.waiting > 0, !Interrupt.isRequested {
      // A timeout only means that some still wait.
      try? producer.flush(timeoutMilliseconds: 200)
      progress.show(counts)
    }
  }

  private func finish() throws(Failure) {
    try flush()
    // Interrupted: what is on its way has ten seconds more.
    if producer.waiting > 0 { try? producer.flush(timeoutMilliseconds: 10_000) }
    if producer.waiting > 0 { producer.purge() }
    progress.clear()
  }
}

/// Time that only goes forward.
enum SteadyClock {
  /// Seconds since some moment.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension Failure {
  /// What Kafka refused.
  init(producing error: KafkaError, to topic: String) {
    let code: ExitCode =
      switch error.code {
      case .unknownProperty, .invalidProperty: .usage
      case .authentication, .authorization: .notPermitted
      case .unknownTopicOrPartition, .recordTooLarge: .badData
      case .transport, .allBrokersDown, .resolve, .timedOut, .queueFull: .unavailable
      default: .inputOutput
      }
    self.init(code, error.property == nil ? "topic '\(topic)': \(error)" : "\(error)")
  }
}
