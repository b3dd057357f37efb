/// Summaries of measured numbers.
public enum Numbers {
  /// The middle one; of an even number the lower.
  public static func median(_ numbers: [Double]) -> Double {
    numbers.isEmpty ? .nan : numbers.sorted()[(numbers.count - 1) / 2]
  }

  /// The nearest-rank quantile of numbers in ascending order: the least that at least the share `quantile` do not pass.
  public static func quantile(_ quantile: Double, ofSorted numbers: [UInt64]) -> UInt64 {
    guard let last = numbers.indices.last else { return 0 }
    let rank = (quantile * Double(numbers.count)).rounded(.up)
    return numbers[min(last, max(0, Int(rank) - 1))]
  }

  /// With as many digits as mean something: about three, and all of a whole number.
  public static func text(_ number: Double) -> String {
    switch number.magnitude {
    case 1000...: text(number, digits: 0)
    case 100...: text(number, digits: number.rounded() == number ? 0 : 1)
    case 10...: text(number, digits: 1)
    case 0: "0"
    default: text(number, digits: number.magnitude < 0.1 ? 4 : 2)
    }
  }

  /// With so many digits behind the point.
  public static func text(_ number: Double, digits: Int) -> String {
    guard number.isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int64((number.magnitude * scale).rounded())
    let sign = number < 0 && whole != 0 ? "-" : ""
    guard digits > 0 else { return sign + String(whole) }
    let text = String(whole)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
  }
}
