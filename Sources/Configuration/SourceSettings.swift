import FeatureEncoding

/// Where events come from.
public struct SourceSettings: Equatable, Sendable {
  /// What to do where the saved position is gone.
  public enum MissingPosition: String, CaseIterable, Sendable {
    /// Stop learning, go on serving, wait for an operator.
    case stop
    /// Go on at the earliest record there is.
    case earliest
    /// Go on at the next record to come.
    case latest
  }

  /// The place with its own settings.
  public enum Place: Equatable, Sendable {
    /// A Kafka topic.
    case kafka(KafkaSettings)
    /// A file.
    case file(FileSettings)
    /// Standard input.
    case standardInput
  }

  /// The place.
  public var place: Place
  /// How a record is written.
  public var format: RecordFormat
  /// What to do where the saved position is gone.
  public var onMissingPosition: MissingPosition
}

/// A Kafka topic as a source.
public struct KafkaSettings: Equatable, Sendable {
  /// Which records of transactions are read.
  public enum Isolation: String, CaseIterable, Sendable {
    /// Only those of committed ones.
    case committed = "read_committed"
    /// All.
    case uncommitted = "read_uncommitted"
  }

  /// The topic.
  public var topic: String
  /// Where unusable records are copied to; nil nowhere.
  public var deadLetterTopic: String?
  /// Where reading begins without a position.
  public var startFrom: StartPosition
  /// How often to look for new partitions.
  public var partitionRefresh: Duration
  /// How often positions are committed for lag tools; nil never.
  public var commitInterval: Duration?
  /// How long a start may take before it is tried again.
  public var startTimeout: Duration
  /// All properties for librdkafka: `bootstrap.servers`, `group.id`, `isolation.level`, those of the settings and those
  /// of the file of secrets.
  public var properties: [String: String]
}

/// A file as a source.
public struct FileSettings: Equatable, Sendable {
  /// The path.
  public var path: String
  /// Whether to wait for more at its end, also after a rotation.
  public var follow: Bool
  /// Where reading begins without a position: never a time, nor a partition but 0.
  public var startFrom = StartPosition.earliest
  /// How long a file that was rotated away must not have grown before the next one is begun.
  public var quiet = Duration.seconds(5)
}
