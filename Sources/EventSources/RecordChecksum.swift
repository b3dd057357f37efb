// Unsafe memory: the bytes are only read, within the call.
import CXXHash

/// A 64-bit checksum of a record's payload (XXH3-64), or a sum of such; written as 16 hexadecimal digits.
public struct RecordChecksum: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// The number.
  public var value: UInt64

  /// Wraps a number.
  public init(_ value: UInt64) {
    self.value = value
  }

  /// The checksum of a payload.
  public init(of bytes: UnsafeRawBufferPointer) {
    value = XXH3_64bits(bytes.baseAddress, bytes.count)
  }

  /// The number as 16 hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension RecordChecksum: Codable {
  /// Reads 16 hexadecimal digits.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = UInt64(text, radix: 16) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not a checksum of hexadecimal digits")
    }
    self.value = value
  }

  /// Writes 16 hexadecimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
