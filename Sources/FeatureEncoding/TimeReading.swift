/// Reads times as RFC 3339 writes them, remembering the last day and offset: events come in the order of time more
/// often than not, and then only the time of day is new.
struct TimeReading {
  /// Bytes 0 to 7 and 3 to 10 of a text whose time was taken, `YYYY-MM-DD` and the letter behind it, and that day.
  ///
  /// At first two words that no text has, since both hold bytes 3 to 7.
  private var dayText: (UInt64, UInt64) = (0, .max)
  private var day: Int64 = 0

  /// The last six bytes of the same text, `±HH:MM`, and the seconds that are.
  private var offsetText: UInt64 = 0
  private var offset: Int64 = 0

  /// The time a text writes, nil where it writes none: exactly what `RFC3339.parse` gives.
  mutating func time(of text: UnsafeRawBufferPointer) -> WrittenTime? {
    // YYYY-MM-DDTHH:MM:SS±HH:MM, not YYYY-MM-DDTHH:MM:SS.FFFFZ
    guard text.count == 25, text[19] != UInt8(ascii: "."),
      let clock = TimeReading.secondOfDay(TimeReading.word(text, 11))
    else {
      return RFC3339.parse(text)
    }
    let dayText = (TimeReading.word(text, 0), TimeReading.word(text, 3))
    let offsetText = TimeReading.word(text, 17) &>> 16
    guard dayText == self.dayText, offsetText == self.offsetText else {
      guard let time = RFC3339.parse(text) else { return nil }
      self.dayText = dayText
      self.offsetText = offsetText
      offset = time.offset
      day = (time.milliseconds / 1_000 + time.offset - clock) / 86_400
      return time
    }
    return WrittenTime(milliseconds: (day * 86_400 + clock - offset) * 1_000, offset: offset)
  }

  /// The seconds since midnight that `HH:MM:SS` writes; nil where it writes none that RFC 3339 allows.
  @inline(__always) private static func secondOfDay(_ text: UInt64) -> Int64? {
    // Digits become their values and colons 0; a byte that is too large for its place then reaches 0x80 with what is
    // added to it.
    let digits = text ^ 0x3030_3A30_303A_3030
    guard (digits | (digits &+ 0x7676_7F76_767F_7676)) & 0x8080_8080_8080_8080 == 0 else { return nil }
    func number(_ shift: UInt64) -> Int64 {
      Int64((digits &>> shift & 0xFF) &* 10 &+ (digits &>> (shift &+ 8) & 0xFF))
    }
    let (hour, minute, second) = (number(0), number(24), number(48))
    guard hour <= 23, minute <= 59, second <= 60 else { return nil }
    return hour * 3_600 + minute * 60 + second
  }

  @inline(__always) private static func word(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
