/// How a Kafka topic is read.
public struct KafkaSourceSettings: Equatable, Sendable {
  /// The topic.
  public var topic: String

  /// Any of librdkafka's properties; `bootstrap.servers` at least.
  public var properties: [String: String]

  /// Where a fresh start without a saved position begins; `refuse` counts as `earliest`.
  public var startsAt: MissingPositionPolicy

  /// How often to look for new partitions.
  public var partitionRefreshMilliseconds: Int64

  /// How often positions are committed for lag tools; nil never.
  public var commitIntervalMilliseconds: Int64?

  /// How long a start may take before it gives up, to be tried again.
  public var startTimeoutMilliseconds: Int64

  /// How often the brokers are asked how far the topic reaches.
  public var watchMilliseconds: Int64

  /// Makes settings; all but the first two have the values that `Config/afmd.yaml` documents.
  public init(
    topic: String, properties: [String: String], startsAt: MissingPositionPolicy = .earliest,
    partitionRefreshMilliseconds: Int64 = 30_000, commitIntervalMilliseconds: Int64? = 5_000,
    startTimeoutMilliseconds: Int64 = 15_000, watchMilliseconds: Int64 = 5_000
  ) {
    self.topic = topic
    self.properties = properties
    self.startsAt = startsAt
    self.partitionRefreshMilliseconds = partitionRefreshMilliseconds
    self.commitIntervalMilliseconds = commitIntervalMilliseconds
    self.startTimeoutMilliseconds = startTimeoutMilliseconds
    self.watchMilliseconds = watchMilliseconds
  }
}
