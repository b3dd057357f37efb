/// A moment and the offset it was written in.
struct WrittenTime: Equatable {
  /// Milliseconds since 1970-01-01T00:00:00Z; fractions are cut towards the past.
  var milliseconds: Int64

  /// The written offset from UTC, in seconds, east positive.
  var offset: Int64

  /// The first moment that is taken: 0000-01-01T00:00:00Z.
  static let earliest: Int64 = -62_167_219_200_000

  /// The last moment that is taken: 9999-12-31T23:59:59.999Z.
  static let latest: Int64 = 253_402_300_799_999
}

/// The proleptic Gregorian calendar by arithmetic (Howard Hinnant, "chrono-compatible low-level date algorithms").
enum CivilTime {
  /// The days from 1970-01-01 to a date.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The date that is `days` days after 1970-01-01.
  static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// The number of days of a month.
  static func daysInMonth(year: Int64, month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Division that rounds towards the past.
  static func floorDivide(_ dividend: Int64, by divisor: Int64) -> Int64 {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
  }

  /// Writes the canonical text of the part that a number stands for.
  ///
  /// - Precondition: `out` has room for 24 bytes.
  /// - Returns: the number of bytes written.
  static func write(_ part: TimePart, number: Int64, to out: UnsafeMutablePointer<UInt8>) -> Int {
    guard part == .date else { return writeDigits(number, width: 1, to: out) }
    let date = date(days: number)
    var length = 0
    if date.year < 0 {
      out[0] = UInt8(ascii: "-")
      length = 1
    }
    length += writeDigits(abs(date.year), width: 4, to: out + length)
    out[length] = UInt8(ascii: "-")
    length += 1 + writeDigits(date.month, width: 2, to: out + length + 1)
    out[length] = UInt8(ascii: "-")
    return length + 1 + writeDigits(date.day, width: 2, to: out + length + 1)
  }

  /// Writes a number of at most 5 digits that is not negative, with zeros in front up to a width.
  private static func writeDigits(_ value: Int64, width: Int, to out: UnsafeMutablePointer<UInt8>) -> Int {
    var length = 1
    var bound: Int64 = 10
    while length < 5, value >= bound {
      length += 1
      bound *= 10
    }
    length = max(length, width)
    var rest = value
    for position in stride(from: length - 1, through: 0, by: -1) {
      out[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    return length
  }
}
