import JSONReading

/// One place of an event where a time is found, read at most once an event however many fields use it.
struct TimeSource {
  /// The slot of the value in the selection.
  let slot: Int

  /// How the time is written.
  let format: TimeFormat

  /// What was read last, where `read` said that there is a time.
  private(set) var time = WrittenTime(milliseconds: 0, offset: 0)

  /// The same moment by the clock of the written offset.
  private(set) var local = LocalTime(seconds: 0)

  private var reading = TimeReading()
  private var isTime = false
  private var event: UInt64 = 0

  init(slot: Int, format: TimeFormat) {
    self.slot = slot
    self.format = format
  }

  /// Whether a value writes a time, which is then `time`. `event` numbers the events, from 1.
  @inline(__always) mutating func read(_ value: JSONValue, event: UInt64) -> Bool {
    if self.event != event {
      self.event = event
      isTime = readAnew(value)
    }
    return isTime
  }

  private mutating func readAnew(_ value: JSONValue) -> Bool {
    let read: WrittenTime?
    switch format {
    case .rfc3339: read = value.stringBytes.flatMap { reading.time(of: $0) }
    case .seconds: read = TimeSource.time(value, perUnit: 1_000)
    case .milliseconds: read = TimeSource.time(value, perUnit: 1)
    }
    guard let read else { return false }
    time = read
    local = LocalTime(seconds: CivilTime.floorDivide(read.milliseconds, by: 1_000) + read.offset)
    return true
  }

  private static func time(_ value: JSONValue, perUnit: Int64) -> WrittenTime? {
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

/// A moment by a local clock.
struct LocalTime {
  /// The days since 1970-01-01.
  let days: Int64

  /// The seconds since midnight.
  let secondOfDay: Int64

  /// Takes the seconds from 1970-01-01T00:00:00 on that clock.
  init(seconds: Int64) {
    days = CivilTime.floorDivide(seconds, by: 86_400)
    secondOfDay = seconds - days * 86_400
  }

  /// The clock of a zone at a moment.
  init(_ milliseconds: Int64, zone: ZoneOffsets) {
    let seconds = CivilTime.floorDivide(milliseconds, by: 1_000)
    self.init(seconds: seconds + zone.offset(at: seconds))
  }

  /// The number that stands for a part: the hour, day of the week or month, or for a date the days since 1970-01-01.
  @inline(__always) func number(of part: TimePart) -> Int64 {
    switch part {
    case .hour: secondOfDay / 3_600
    // 1970-01-01 was a Thursday, the fourth day of an ISO week.
    case .dayOfWeek: (days + 3) - CivilTime.floorDivide(days + 3, by: 7) * 7 + 1
    case .month: CivilTime.date(days: days).month
    case .date: days
    }
  }
}
