/// The characters of RFC 9110 and 9112.
enum Syntax {
  static let carriageReturn: UInt8 = 0x0D
  static let lineFeed: UInt8 = 0x0A
  static let space: UInt8 = 0x20
  static let tab: UInt8 = 0x09
  static let colon: UInt8 = 0x3A

  private static let token: (UInt64, UInt64) = bits("!#$%&'*+-.^_`|~", lettersAndDigits: true)
  private static let authority: (UInt64, UInt64) = bits("-._~%!$&'()*+,;=:[]", lettersAndDigits: true)

  /// Whether the byte may stand in a method or a field name.
  static func isToken(_ byte: UInt8) -> Bool { contains(token, byte) }

  /// Whether the byte may stand in a host with a port.
  static func isAuthority(_ byte: UInt8) -> Bool { contains(authority, byte) }

  /// Whether the byte may stand in a field's value: visible, blank or beyond ASCII; never a control character.
  static func isFieldValue(_ byte: UInt8) -> Bool {
    byte >= 0x20 ? byte != 0x7F : byte == tab
  }

  /// Whether the byte may stand in a request target.
  static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#") }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// The value of a hexadecimal digit.
  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: return byte - 0x30
    case 0x41...0x46: return byte - 0x37
    case 0x61...0x66: return byte - 0x57
    default: return nil
    }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// Whether the bytes are the text, letter case aside; `text` is in lower case.
  static func equals(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    var offset = 0
    for byte in bytes {
      if lowercased(byte) != text.utf8Start[offset] { return false }
      offset += 1
    }
    return true
  }

  private static func contains(_ set: (UInt64, UInt64), _ byte: UInt8) -> Bool {
    if byte < 64 { return set.0 >> UInt64(byte) & 1 == 1 }
    if byte < 128 { return set.1 >> UInt64(byte - 64) & 1 == 1 }
    return false
  }

  private static func bits(_ characters: String, lettersAndDigits: Bool) -> (UInt64, UInt64) {
    var set: (UInt64, UInt64) = (0, 0)
    func add(_ byte: UInt8) {
      if byte < 64 { set.0 |= 1 << UInt64(byte) } else { set.1 |= 1 << UInt64(byte - 64) }
    }
    characters.utf8.forEach(add)
    if lettersAndDigits {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).forEach(add)
      (UInt8(ascii: "a")...UInt8(ascii: "z")).forEach(add)
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).forEach(add)
    }
    return set
  }
}

extension Array where Element == UInt8 {
  /// Appends a constant text.
  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a number in decimal, without making a string.
  mutating func append(decimal number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(digitsOf: number.magnitude)
  }

  private mutating func append(digitsOf number: UInt) {
    if number >= 10 { append(digitsOf: number / 10) }
    append(0x30 + UInt8(truncatingIfNeeded: number % 10))
  }
}
