import CommandTable
import Kafka

/// What `afmctl produce` was told.
struct ProduceSettings {
  /// The topic to write to.
  var topic: String
  /// The one partition to write to; nil lets the partitioner choose.
  var partition: Int32?
  /// The field of the event, a dotted path, whose value becomes the record's key.
  var keyPath: String?
  /// The file to read; nil for standard input.
  var file: String?
  /// Records a second at most.
  var rate: Double?
  /// Lines to pass over at the beginning.
  var skip: Int
  /// Records to send at most.
  var limit: Int
  /// Records that the daemon may be behind, where it is waited for.
  var maximumLag: Int64?
  /// librdkafka's properties.
  var configuration: KafkaConfiguration

  /// Reads the options of the command.
  init(_ arguments: Arguments) throws(Failure) {
    topic = arguments.value("topic") ?? ""
    if topic.isEmpty { throw Failure(.usage, "--topic names no topic") }
    partition = arguments.integer("partition").flatMap { Int32(exactly: $0) }
    keyPath = arguments.value("key-path")
    if partition != nil, keyPath != nil {
      throw Failure(
        .usage, "--partition sends every record to one partition and --key-path chooses one: give one of them")
    }
    file = arguments.value("file")
    rate = arguments.number("rate")
    if let rate, rate == 0 { throw Failure(.usage, "--rate 0 would never send a record") }
    skip = arguments.integer("skip") ?? 0
    limit = arguments.integer("limit") ?? Int.max
    maximumLag = arguments.integer("max-lag").map { Int64($0) }
    var properties: [String: String] = [:]
    for text in arguments.values("property") {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Failure(.usage, "--property takes NAME=VALUE, not '\(text)'")
      }
      properties[parts[0]] = parts[1]
    }
    if let bootstrap = arguments.value("bootstrap") { properties["bootstrap.servers"] = bootstrap }
    if properties["bootstrap.servers"] == nil, properties["metadata.broker.list"] == nil {
      throw Failure(.usage, "--bootstrap HOST:PORT is missing: the address of a Kafka broker")
    }
    configuration = KafkaConfiguration(properties)
  }
}
