import Foundation

/// Numbers as people read them; scripts take the JSON.
enum HumanText {
  /// `327,346`.
  static func count(_ number: some BinaryInteger) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return number < 0 ? "-" + text : text
  }

  /// `12 B`, `3.4 kB`, `1.2 GB`, in powers of 1,000.
  static func bytes(_ number: some BinaryInteger) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(number)
    var unit = 0
    // What would round to 1,000 belongs to the next unit.
    while abs(value) >= (unit == 0 ? 1000 : 999.95), unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(number) B" : "\(decimals(value, 1)) \(units[unit])"
  }

  /// `0.3 s`, `42 s`, `3 min 5 s`, `2 h 4 min`, `5 d 3 h`.
  static func duration(seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    if seconds < 0 { return "-" + duration(seconds: -seconds) }
    if seconds < 9.95 { return decimals(seconds, 1) + " s" }
    guard let whole = Int(exactly: seconds.rounded()) else { return "\(seconds) s" }
    let (days, hours, minutes, rest) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60)
    if days > 0 { return pair(days, "d", hours, "h") }
    if hours > 0 { return pair(hours, "h", minutes, "min") }
    if minutes > 0 { return pair(minutes, "min", rest, "s") }
    return "\(rest) s"
  }

  /// `1.2 %` of a number from 0 to 1.
  static func share(_ number: Double?) -> String {
    guard let number else { return "-" }
    return decimals(number * 100, 1) + " %"
  }

  /// A fixed number of decimals; `-` where there is no number.
  static func decimals(_ number: Double?, _ places: Int) -> String {
    guard let number else { return "-" }
    guard number.isFinite else { return "\(number)" }
    let text = String(format: "%.\(places)f", number)
    // A negative number that rounds to zero is zero.
    return text.hasPrefix("-") && text.dropFirst().allSatisfy { $0 == "0" || $0 == "." }
      ? String(text.dropFirst()) : text
  }

  /// The same with its sign, so that terms that add up can be read as such: `+0.1250`.
  static func signed(_ number: Double, _ places: Int) -> String {
    let text = decimals(number, places)
    return text.hasPrefix("-") ? text : "+" + text
  }

  /// `1 event`, `2 events`.
  static func counted(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// How long ago an instant written as RFC 3339 was: `3 min 5 s ago`; the text itself where it is none.
  static func age(of instant: String, now: Date) -> String {
    guard let date = date(instant) else { return instant }
    return duration(seconds: max(0, now.timeIntervalSince(date))) + " ago"
  }

  /// An instant written as RFC 3339, with a fraction of a second or without.
  static func date(_ instant: String) -> Date? {
    if let date = try? Date(instant, strategy: .iso8601) { return date }
    return try? Date(instant, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
    small == 0 ? "\(count(large)) \(largeUnit)" : "\(count(large)) \(largeUnit) \(small) \(smallUnit)"
  }
}
