/// The events that wait for their labels.
public struct WaitingEventsReport: Codable, Equatable, Sendable {
  /// How many wait.
  public var events: UInt64
  /// How many may, with 16 features each.
  public var capacity: UInt64
  /// Events learned before their labels' time, for want of room.
  public var learnedEarly: UInt64
  /// Events learned at once, since they do not say when their label is known.
  public var undated: UInt64
  /// The clock of the stream: the greatest event time seen, milliseconds since 1970; absent before the first.
  public var streamTime: Int64?
  /// The clock's time at which the next event will be learned; absent where none waits.
  public var nextLabelTime: Int64?

  /// Makes a report.
  public init(
    events: UInt64, capacity: UInt64, learnedEarly: UInt64, undated: UInt64, streamTime: Int64?, nextLabelTime: Int64?
  ) {
    self.events = events
    self.capacity = capacity
    self.learnedEarly = learnedEarly
    self.undated = undated
    self.streamTime = streamTime
    self.nextLabelTime = nextLabelTime
  }
}
