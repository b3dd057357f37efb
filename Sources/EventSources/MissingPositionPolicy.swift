/// Where learning begins without a saved position, or goes on when that is gone.
public enum MissingPositionPolicy: Equatable, Sendable, CustomStringConvertible {
  /// Nowhere: the source reports the loss, and an operator decides.
  case refuse
  /// At the earliest record there is.
  case earliest
  /// At the next record to come.
  case latest
  /// At the first record whose timestamp is not before it, in milliseconds since 1970; where there is none, at the next
  /// record to come. Kafka alone.
  case time(milliseconds: Int64)
  /// At an offset of each partition. A file has partition 0 alone, and the offset is the byte at which a line begins.
  case offsets([Int32: Int64])

  /// Whether it names a place that stays the same, however the source grows or shrinks.
  public var isExact: Bool {
    switch self {
    case .refuse, .earliest, .latest: false
    case .time, .offsets: true
    }
  }

  /// A word or two.
  public var description: String {
    switch self {
    case .refuse: "refuse"
    case .earliest: "earliest"
    case .latest: "latest"
    case .time(let milliseconds): "time \(milliseconds) ms"
    case .offsets(let offsets):
      offsets.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ",")
    }
  }
}
