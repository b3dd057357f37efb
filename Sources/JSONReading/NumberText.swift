import CSimdJSON

/// Writes numbers as text without allocating: the one canonical form of a number in the whole product.
///
/// A number that is whole and fits in `Int64` or `UInt64` is written as plain digits (`8`, also for 8.0; `0`, also for
/// -0.0). Every other one in the fewest digits that read back to the same double: `12.5`, `0.0001`, with an exponent of
/// at least two digits where the number is below 1e-4 or at least 1e16 (`1e-05`, `1.5e+300`). Python's `repr` and
/// Swift's `description` write those the same way.
public enum NumberText {
  /// The most bytes any number takes.
  public static let maximumLength = 32

  /// Writes a whole number.
  ///
  /// - Precondition: `out` has room for `maximumLength` bytes.
  /// - Returns: the number of bytes written.
  @discardableResult
  public static func write(_ value: UInt64, to out: UnsafeMutablePointer<UInt8>) -> Int {
    var rest = value
    var length = 1
    while rest >= 10 {
      rest /= 10
      length &+= 1
    }
    rest = value
    var position = length
    repeat {
      position &-= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      out[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while position > 0
    return length
  }

  /// Writes a whole number, as `write(_: UInt64, to:)` does.
  @discardableResult
  public static func write(_ value: Int64, to out: UnsafeMutablePointer<UInt8>) -> Int {
    guard value < 0 else { return write(UInt64(value), to: out) }
    out[0] = UInt8(ascii: "-")
    return write(value.magnitude, to: out + 1) &+ 1
  }

  /// Writes a double, as `write(_: UInt64, to:)` does.
  ///
  /// - Returns: the number of bytes written; 0 for an infinity or NaN.
  @discardableResult
  public static func write(_ value: Double, to out: UnsafeMutablePointer<UInt8>) -> Int {
    if let whole = Int64(exactly: value) { return write(whole, to: out) }
    if let whole = UInt64(exactly: value) { return write(whole, to: out) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: maximumLength) { scientific in
      guard let start = scientific.baseAddress else { return 0 }
      let length = afm_shortest_scientific(value, start)
      guard length > 0 else { return 0 }
      return start.withMemoryRebound(to: UInt8.self, capacity: length) {
        arrange(UnsafeBufferPointer(start: $0, count: length), to: out)
      }
    }
  }

  /// The text of a double; empty for an infinity or NaN.
  public static func text(_ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: maximumLength) { bytes in
      guard let start = bytes.baseAddress else { return "" }
      return String(decoding: bytes.prefix(write(value, to: start)), as: UTF8.self)
    }
  }

  /// Rearranges `-D.DDDe+XX`: kept as it is for large and small numbers, else with the point moved into place.
  private static func arrange(_ text: UnsafeBufferPointer<UInt8>, to out: UnsafeMutablePointer<UInt8>) -> Int {
    let e = text.firstIndex(of: UInt8(ascii: "e")) ?? text.count
    var exponent = 0
    for digit in text.dropFirst(e &+ 2) { exponent = exponent &* 10 &+ Int(digit &- UInt8(ascii: "0")) }
    if e &+ 1 < text.count, text[e &+ 1] == UInt8(ascii: "-") { exponent = -exponent }
    guard exponent >= -4, exponent < 16 else {
      for index in 0..<text.count { out[index] = text[index] }
      return text.count
    }
    var length = 0
    func append(_ byte: UInt8) {
      out[length] = byte
      length &+= 1
    }
    let point = UInt8(ascii: ".")
    var digits = text[0..<e]
    if digits.first == UInt8(ascii: "-") {
      append(UInt8(ascii: "-"))
      digits = digits.dropFirst()
    }
    if exponent < 0 {
      append(UInt8(ascii: "0"))
      append(point)
      for _ in 0..<(-exponent &- 1) { append(UInt8(ascii: "0")) }
    }
    var written = 0
    for digit in digits where digit != point {
      append(digit)
      if written == exponent { append(point) }
      written &+= 1
    }
    while written <= exponent {
      append(UInt8(ascii: "0"))
      if written == exponent { append(point) }
      written &+= 1
    }
    // Only a whole number ends in a point, and one that 64 bits hold was written before.
    if out[length &- 1] == point { length &-= 1 }
    return length
  }
}
