/// Reads times as RFC 3339 writes them: `2013-01-01T05:15:00-05:00`.
///
/// `t`, `z` and a space instead of `T` are taken, as the RFC allows; fractions of a second of any length; second 60,
/// which counts as the second after it. An offset is required.
public enum RFC3339 {
  /// The time in milliseconds since 1970, nil where the text is not one.
  public static func milliseconds(_ text: String) -> Int64? {
    var text = text
    return text.withUTF8 { parse(UnsafeRawBufferPointer($0))?.milliseconds }
  }

  /// The time, nil where the text is not one.
  static func parse(_ text: UnsafeRawBufferPointer) -> WrittenTime? {
    // YYYY-MM-DDTHH:MM:SS is 19 bytes, and at least a Z follows.
    guard text.count >= 20, text[4] == dash, text[7] == dash, text[13] == colon, text[16] == colon else { return nil }
    guard text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " ") else { return nil }
    guard let century = twoDigits(text, 0), let yearOfCentury = twoDigits(text, 2), let month = twoDigits(text, 5),
      let day = twoDigits(text, 8), let hour = twoDigits(text, 11), let minute = twoDigits(text, 14),
      let second = twoDigits(text, 17)
    else { return nil }
    let year = century * 100 + yearOfCentury
    guard month >= 1, month <= 12, day >= 1, day <= CivilTime.daysInMonth(year: year, month: month), hour <= 23,
      minute <= 59, second <= 60
    else { return nil }

    var position = 19
    var fraction: Int64 = 0
    if text[position] == UInt8(ascii: ".") {
      var weight: Int64 = 100
      let firstDigit = position + 1
      position = firstDigit
      while position < text.count, let digit = digit(text[position]) {
        fraction += digit * weight
        weight /= 10
        position += 1
      }
      guard position > firstDigit, position < text.count else { return nil }
    }
    guard let offset = offset(text, from: position) else { return nil }
    let seconds =
      CivilTime.days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return WrittenTime(milliseconds: seconds * 1_000 + fraction, offset: offset)
  }

  /// Reads `Z` or `±HH:MM`, which must end the text; the answer is in seconds.
  static func offset(_ text: UnsafeRawBufferPointer, from position: Int) -> Int64? {
    let sign = text[position]
    if sign | 0x20 == UInt8(ascii: "z") { return position + 1 == text.count ? 0 : nil }
    guard position + 6 == text.count, sign == UInt8(ascii: "+") || sign == dash, text[position + 3] == colon,
      let hours = twoDigits(text, position + 1), let minutes = twoDigits(text, position + 4), hours <= 23, minutes <= 59
    else { return nil }
    let offset = hours * 3_600 + minutes * 60
    return sign == dash ? -offset : offset
  }

  private static let dash = UInt8(ascii: "-")
  private static let colon = UInt8(ascii: ":")

  private static func digit(_ byte: UInt8) -> Int64? {
    let value = byte &- UInt8(ascii: "0")
    return value <= 9 ? Int64(value) : nil
  }

  private static func twoDigits(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int64? {
    guard let tens = digit(text[position]), let ones = digit(text[position + 1]) else { return nil }
    return tens * 10 + ones
  }
}
