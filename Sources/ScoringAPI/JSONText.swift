import JSONReading

/// JSON being written into a buffer that is reused: nothing is allocated once the buffer has grown.
///
/// Numbers are written in the shortest form that reads back to the same bits. A number that is not finite, for which
/// JSON has no word, is written as `null`.
public struct JSONText: TextOutputStream {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  private static let keptCapacity = 1 << 20

  /// Makes an empty text.
  public init() {}

  /// Forgets what was written and keeps the buffer, unless it has become very large.
  public mutating func removeAll() {
    if bytes.capacity > Self.keptCapacity { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
  }

  /// Appends some text as it is.
  public mutating func write(_ string: String) {
    bytes.append(contentsOf: string.utf8)
  }

  /// Appends ASCII as it is: the way in which Swift's numbers print themselves without making a string.
  public mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: buffer)
  }

  /// Appends constant text as it is.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends bytes as they are.
  public mutating func append(raw text: some Collection<UInt8>) {
    bytes.append(contentsOf: text)
  }

  /// Appends a number.
  public mutating func append(_ number: Float) {
    if number.isFinite { number.write(to: &self) } else { append("null") }
  }

  /// Appends a number.
  public mutating func append(_ number: Double) {
    if number.isFinite { number.write(to: &self) } else { append("null") }
  }

  /// Appends a number.
  public mutating func append(_ number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  /// Appends a number.
  public mutating func append(_ number: Int64) {
    if number < 0 { append("-") }
    append(number.magnitude)
  }

  /// Appends a number of milliseconds as seconds with up to three decimals.
  public mutating func append(milliseconds: Int64) {
    if milliseconds < 0 { append("-") }
    append(milliseconds.magnitude / 1000)
    let rest = milliseconds.magnitude % 1000
    guard rest > 0 else { return }
    append(".")
    bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / 100))
    bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / 10 % 10))
    bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
  }

  /// Appends a truth value.
  public mutating func append(_ value: Bool) {
    append(value ? "true" : "false")
  }

  /// Appends a string with its quotes.
  public mutating func append(string: String) {
    append(string: string.utf8)
  }

  /// Appends a string, given as UTF-8, with its quotes.
  public mutating func append(string: some Sequence<UInt8>) {
    append("\"")
    for byte in string {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20:
        append("\\u00")
        bytes.append(Self.hexadecimal(byte >> 4))
        bytes.append(Self.hexadecimal(byte & 15))
      default: bytes.append(byte)
      }
    }
    append("\"")
  }

  /// Appends a 64-bit number as a string of 16 hexadecimal digits.
  public mutating func append(hexadecimal number: UInt64) {
    append("\"")
    for shift in stride(from: 60, through: 0, by: -4) {
      bytes.append(Self.hexadecimal(UInt8(truncatingIfNeeded: number >> UInt64(shift) & 15)))
    }
    append("\"")
  }

  /// Appends a value that was read, written anew.
  public mutating func append(_ value: JSONValue) {
    switch value.kind {
    case .null: append("null")
    case .bool: append(value.bool ?? false)
    case .integer: append(value.int64 ?? 0)
    case .unsignedInteger: append(value.uint64 ?? 0)
    case .double: append(value.double ?? 0)
    case .string: if let text = value.stringBytes { append(string: text) }
    case .array:
      append("[")
      var separator: StaticString = ""
      if let elements = value.elements {
        for element in elements {
          append(separator)
          append(element)
          separator = ","
        }
      }
      append("]")
    case .object:
      append("{")
      var separator: StaticString = ""
      if let members = value.members {
        for member in members {
          append(separator)
          append(string: member.keyBytes)
          append(":")
          append(member.value)
          separator = ","
        }
      }
      append("}")
    }
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? 0x30 + digit : 0x57 + digit
  }
}

extension Problem {
  /// Writes the problem as a JSON object.
  public func write(to text: inout JSONText) {
    text.append("{\"status\":")
    text.append(Int64(status))
    text.append(",\"title\":")
    text.append(string: title)
    text.append(",\"detail\":")
    text.append(string: detail)
    if let field {
      text.append(",\"field\":")
      text.append(string: field)
    }
    text.append("}")
  }
}
