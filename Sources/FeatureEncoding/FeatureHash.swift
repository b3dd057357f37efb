import CXXHash

/// The hash that names a feature: XXH64 with the schema's seed over a byte string that any language can build.
///
/// The three forms differ in the byte behind the field's name, which no name may hold (names have no control
/// characters), so no two of them are ever the same byte string. `Docs/Features.md` has test vectors.
public enum FeatureHash {
  /// The byte between a field's name and the canonical text of its value.
  public static let valueSeparator: UInt8 = 0x00

  /// The byte that ends the name of a numeric field, which names its feature alone.
  public static let numericMark: UInt8 = 0x01

  /// The byte between a cross's name and the hashes of its parts.
  public static let crossSeparator: UInt8 = 0x02

  /// A categorical feature: XXH64(name, 0x00, text).
  public static func categorical(field: String, text: String, seed: UInt64) -> UInt64 {
    hash(Array(field.utf8) + [valueSeparator] + Array(text.utf8), seed: seed)
  }

  /// A numeric feature: XXH64(name, 0x01).
  public static func numeric(field: String, seed: UInt64) -> UInt64 {
    hash(Array(field.utf8) + [numericMark], seed: seed)
  }

  /// A cross: XXH64(name, 0x02, the hash of each part's own feature as eight bytes, little-endian, in order).
  public static func cross(field: String, parts: [UInt64], seed: UInt64) -> UInt64 {
    let bytes = parts.flatMap { part in (0..<8).map { UInt8(truncatingIfNeeded: part &>> (UInt64($0) * 8)) } }
    return hash(Array(field.utf8) + [crossSeparator] + bytes, seed: seed)
  }

  /// XXH64 of the byte string that one of the three forms above built.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    XXH64(bytes.baseAddress, bytes.count, seed)
  }

  private static func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
    bytes.withUnsafeBytes { hash($0, seed: seed) }
  }
}
