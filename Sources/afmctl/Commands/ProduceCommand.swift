import CommandTable
import Kafka

/// `afmctl produce`: fills a topic from a file.
enum ProduceCommand: Subcommand {
  static let declaration = Command(
    name: "produce", summary: "send lines of a file to a Kafka topic, each as one record",
    discussion: [
      "Every line becomes a record, whatever it holds. The producer is idempotent: a retry writes nothing twice. The "
        + "exit code is 0 only when the broker acknowledged every record. Interrupted, it waits for what is on its way."
    ],
    options: [
      CommandOption("bootstrap", letter: "b", kind: .text, valueName: "HOST:PORT", help: "a Kafka broker, or several"),
      CommandOption(
        "topic", letter: "t", kind: .text, valueName: "TOPIC", required: true, help: "the topic to write to"),
      CommandOption(
        "file", letter: "f", kind: .path, valueName: "FILE",
        help: "the lines, plain, .gz, .xz or .zst; else standard input"),
      CommandOption("rate", kind: .number(atLeast: 0), valueName: "N", help: "records a second at most"),
      CommandOption(
        "max-lag", kind: .integer(1...Int.max), valueName: "N",
        help: "wait for the daemon so that its model is never more than N records behind the topic"),
      CommandOption(
        "partition", letter: "p", kind: .integer(0...Int(Int32.max)), valueName: "P", help: "send all to this partition"
      ),
      CommandOption(
        "key-path", kind: .text, valueName: "PATH",
        help: "the field of the event whose text becomes the record's key"),
      CommandOption("skip", kind: .integer(0...Int.max), valueName: "N", help: "pass over the first N lines"),
      CommandOption("limit", kind: .integer(0...Int.max), valueName: "N", help: "send at most N records"),
      CommandOption(
        "property", letter: "X", kind: .text, valueName: "NAME=VALUE", repeats: true,
        help: "a property of librdkafka, such as security.protocol=ssl"),
    ])

  static func run(_ session: Session) throws(Failure) {
    let settings = try ProduceSettings(session.arguments)
    let lines = LineReader(try InputBytes.open(settings.file))
    let broker = try reach(settings)
    let lag = settings.maximumLag == nil ? nil : try LagGauge(session, topic: settings.topic, broker: broker)
    let producer: KafkaProducer
    do {
      producer = try KafkaProducer(settings.configuration)
    } catch {
      throw Failure(producing: error, to: settings.topic)
    }
    Interrupt.watch()
    let sender = try RecordSender(settings, producer, lag: lag)
    try sender.sendAll(lines)
    let counts = sender.counts
    try session.show(try session.encode(counts)) { ProduceProgress.summary(counts, topic: settings.topic) }
    if counts.failed > 0 {
      let reason = sender.lastError.map { ": \($0)" } ?? ""
      throw Failure(.inputOutput, "\(HumanText.counted(counts.failed, "record")) not delivered\(reason)")
    }
    if Interrupt.isRequested {
      throw Failure(.tryAgain, "interrupted; go on with --skip \(settings.skip + Int(counts.sent))")
    }
  }

  /// Sees that a broker answers, so that a wrong address is known in seconds and not when the first record times out.
  private static func reach(_ settings: ProduceSettings) throws(Failure) -> KafkaConsumer {
    do throws(KafkaError) {
      let broker = try KafkaConsumer(settings.configuration)
      // Brokers may make a topic when the first record comes.
      if let problem = lookUp(settings.topic, broker), problem.code != .unknownTopicOrPartition { throw problem }
      return broker
    } catch {
      let failure = Failure(producing: error, to: settings.topic)
      guard failure.code == .unavailable else { throw failure }
      let address = settings.configuration.properties["bootstrap.servers"] ?? ""
      throw Failure(.unavailable, "no Kafka broker answers at \(address): \(error)")
    }
  }

  private static func lookUp(_ topic: String, _ broker: KafkaConsumer) -> KafkaError? {
    do {
      _ = try broker.partitions(of: topic, timeoutMilliseconds: 10_000)
      return nil
    } catch {
      return error
    }
  }
}
