import JSONReading

/// One place of an event where a time is found, read at most once an event however many fields use it.
struct TimeSource {
  /// The slot of the value in the path tree.
  var slot: Int

  /// How the time is written.
  var format: TimeFormat

  private var time: WrittenTime?
  private var event: UInt64 = 0

  init(slot: Int, format: TimeFormat) {
    self.slot = slot
    self.format = format
  }

  /// The time a value writes; nil where it writes none. `event` numbers the events, from 1.
  @inline(__always) mutating func read(_ value: JSONValue, event: UInt64) -> WrittenTime? {
    if self.event != event {
      self.event = event
      time = TimeSource.time(value, format)
    }
    return time
  }

  /// The time a value writes in a format; nil where it writes none.
  static func time(_ value: JSONValue, _ format: TimeFormat) -> WrittenTime? {
    let perUnit: Int64
    switch format {
    case .rfc3339:
      guard let text = value.stringBytes else { return nil }
      return RFC3339.parse(text)
    case .seconds: perUnit = 1_000
    case .milliseconds: perUnit = 1
    }
    if let whole = value.int64 {
      let (milliseconds, overflows) = whole.multipliedReportingOverflow(by: perUnit)
      guard !overflows, milliseconds >= WrittenTime.earliest, milliseconds <= WrittenTime.latest else { return nil }
      return WrittenTime(milliseconds: milliseconds, offset: 0)
    }
    guard let number = value.double else { return nil }
    let milliseconds = (number * Double(perUnit)).rounded(.down)
    guard milliseconds >= Double(WrittenTime.earliest), milliseconds <= Double(WrittenTime.latest) else { return nil }
    return WrittenTime(milliseconds: Int64(milliseconds), offset: 0)
  }
}
