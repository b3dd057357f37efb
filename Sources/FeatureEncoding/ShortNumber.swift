import JSONReading

/// The canonical text of a whole number from 0 to 99,999,999, as nearly every categorical number is: its digits in a
/// word, the first one lowest.
struct ShortNumber {
  /// The digits, with zeros behind them.
  let digits: UInt64

  /// How many there are.
  let count: Int

  /// Writes a number; nil where it is not such a one. `NumberText` writes the same text.
  @inline(__always) init?(_ number: Double) {
    // False for NaN too; -0.0 is 0.
    guard number >= 0, number < 100_000_000 else { return nil }
    let whole = UInt32(number)
    guard Double(whole) == number else { return nil }
    var rest = whole
    var word: UInt64 = 0
    var length = 0
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      word = word &<< 8 | UInt64(digit &+ 0x30)
      rest = quotient
      length &+= 1
    } while rest > 0
    digits = word
    count = length
  }

  /// The digits as a string, for descriptions.
  var text: String {
    String(decoding: (0..<count).map { UInt8(truncatingIfNeeded: digits &>> UInt64($0 &* 8)) }, as: UTF8.self)
  }
}
