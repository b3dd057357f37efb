/// How the plain scalars of settings are read: YAML 1.2's core schema made stricter, plus durations and sizes.
public enum YAMLScalars {
  /// `true` or `false`; nothing else (YAML 1.1 would take `no` for false, also where it is Norway).
  public static func boolean(_ text: String) -> Bool? {
    switch text {
    case "true": true
    case "false": false
    default: nil
    }
  }

  /// Decimal digits with an optional sign.
  public static func integer(_ text: String) -> Int? {
    text.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "-") } ? Int(text) : nil
  }

  /// A finite decimal number: `0.05`, `1e-8`, `-3`.
  public static func number(_ text: String) -> Double? {
    let letters = Array("+-.eE".utf8)
    guard let first = text.utf8.first, isDigit(first) || first == UInt8(ascii: "-"),
      text.utf8.allSatisfy({ isDigit($0) || letters.contains($0) }), let value = Double(text), value.isFinite
    else { return nil }
    return value
  }

  /// A number and a unit: `500us`, `500ms`, `30s`, `10m`, `1h`, `2d`. Up to 10,000 days.
  public static func duration(_ text: String) -> Duration? {
    let units: [String: Double] = ["us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let seconds = measured(text, units), seconds <= 864e6 else { return nil }
    return .nanoseconds(Int64((seconds * 1e9).rounded()))
  }

  /// Bytes: a number and a unit, decimal (`kB`, `MB`, `GB`, `TB`) or binary (`KiB`, `MiB`, `GiB`, `TiB`), or `B`.
  /// A whole number of bytes below 2^53.
  public static func size(_ text: String) -> Int? {
    let units: [String: Double] = [
      "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824,
      "TiB": 1_099_511_627_776,
    ]
    guard let bytes = measured(text, units), bytes < 9_007_199_254_740_992 else { return nil }
    return Int(exactly: bytes)
  }

  /// A duration in the form it is read.
  public static func text(of duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let microseconds = seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    let units: [(Int64, String)] = [(3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1000, "ms")]
    for (length, unit) in units where microseconds != 0 && microseconds % length == 0 {
      return "\(microseconds / length)\(unit)"
    }
    return microseconds == 0 ? "0s" : "\(microseconds)us"
  }

  /// A size in the form it is read.
  public static func text(ofSize bytes: Int) -> String {
    for (length, unit) in [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    where bytes != 0 && bytes % length == 0 {
      return "\(bytes / length)\(unit)"
    }
    return "\(bytes)B"
  }

  private static func measured(_ text: String, _ units: [String: Double]) -> Double? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let first = digits.first, first != ".", digits.last != ".", let number = Double(digits),
      let unit = units[String(text.dropFirst(digits.count))]
    else { return nil }
    return number * unit
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
