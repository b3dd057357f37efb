// Unsafe memory. Invariant: `base` has room for `capacity` bytes, of which the first `count` are written; bytes are
// written only after `reserve` has made room for them. The text is not copyable, so nobody else frees or moves them.
import JSONReading

/// JSON being written into a buffer that is reused: nothing is allocated once the buffer has grown.
///
/// Numbers are written in the shortest form that reads back to the same bits. A number that is not finite, for which
/// JSON has no word, is written as `null`.
public struct JSONText: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  /// How many bytes were written so far.
  public private(set) var count = 0

  private static let firstCapacity = 4 << 10
  private static let keptCapacity = 1 << 20

  /// Makes an empty text.
  public init() {
    base = .allocate(capacity: Self.firstCapacity)
    capacity = Self.firstCapacity
  }

  deinit {
    base.deallocate()
  }

  /// A copy of what was written so far.
  public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Calls with what was written so far; the bytes are valid for the call.
  @inline(__always)
  public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    body(UnsafeBufferPointer(start: base, count: count))
  }

  /// Forgets what was written and keeps the buffer, unless it has become very large.
  public mutating func removeAll() {
    count = 0
    if capacity > Self.keptCapacity {
      base.deallocate()
      base = .allocate(capacity: Self.firstCapacity)
      capacity = Self.firstCapacity
    }
  }

  /// Forgets what was written after the first `count` bytes.
  public mutating func truncate(to count: Int) {
    self.count = min(self.count, max(count, 0))
  }

  /// Replaces a byte that was written.
  public mutating func replace(at position: Int, with byte: UInt8) {
    precondition(position >= 0 && position < count, "only bytes that were written are replaced")
    base[position] = byte
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  @inline(__always)
  private mutating func append(byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  @inline(__always)
  private mutating func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    (base + count).update(from: start, count: length)
    count += length
  }

  /// Appends constant text as it is.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    append(text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Appends bytes as they are.
  public mutating func append(raw text: some Collection<UInt8>) {
    let copied: Void? = text.withContiguousStorageIfAvailable { bytes in
      if let start = bytes.baseAddress { append(start, bytes.count) }
    }
    if copied == nil {
      for byte in text { append(byte: byte) }
    }
  }

  /// Appends a number.
  public mutating func append(_ number: Float) {
    guard number.isFinite else { return append("null") }
    reserve(NumberDestination.room)
    var destination = NumberDestination(next: base + count)
    number.write(to: &destination)
    count = destination.next - base
  }

  /// Appends a number.
  public mutating func append(_ number: Double) {
    guard number.isFinite else { return append("null") }
    reserve(NumberDestination.room)
    var destination = NumberDestination(next: base + count)
    number.write(to: &destination)
    count = destination.next - base
  }

  /// Appends a number.
  public mutating func append(_ number: UInt64) {
    reserve(NumberText.maximumLength)
    count += NumberText.write(number, to: base + count)
  }

  /// Appends a number.
  public mutating func append(_ number: Int64) {
    reserve(NumberText.maximumLength)
    count += NumberText.write(number, to: base + count)
  }

  /// Appends a number of milliseconds as seconds with up to three decimals.
  public mutating func append(milliseconds: Int64) {
    if milliseconds < 0 { append("-") }
    append(milliseconds.magnitude / 1000)
    let rest = milliseconds.magnitude % 1000
    guard rest > 0 else { return }
    append(".")
    append(byte: 0x30 + UInt8(truncatingIfNeeded: rest / 100))
    append(byte: 0x30 + UInt8(truncatingIfNeeded: rest / 10 % 10))
    append(byte: 0x30 + UInt8(truncatingIfNeeded: rest % 10))
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
    let copied: Bool? = string.withContiguousStorageIfAvailable { bytes in
      guard bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
        return false
      }
      if let start = bytes.baseAddress { append(start, bytes.count) }
      return true
    }
    if copied == true { return append("\"") }
    for byte in string {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20:
        append("\\u00")
        append(byte: Self.hexadecimal(byte >> 4))
        append(byte: Self.hexadecimal(byte & 15))
      default: append(byte: byte)
      }
    }
    append("\"")
  }

  /// Appends a 64-bit number as a string of 16 hexadecimal digits.
  public mutating func append(hexadecimal number: UInt64) {
    append("\"")
    for shift in stride(from: 60, through: 0, by: -4) {
      append(byte: Self.hexadecimal(UInt8(truncatingIfNeeded: number >> UInt64(shift) & 15)))
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

/// Where Swift's numbers print themselves without making a string: room for the longest of them, made beforehand.
private struct NumberDestination: TextOutputStream {
  /// More than the longest number takes: sign, 17 digits, point, and `e-308`.
  static let room = 40

  var next: UnsafeMutablePointer<UInt8>

  mutating func write(_ string: String) {
    for byte in string.utf8 {
      next.pointee = byte
      next += 1
    }
  }

  mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
    guard let start = buffer.baseAddress else { return }
    next.update(from: start, count: buffer.count)
    next += buffer.count
  }
}
