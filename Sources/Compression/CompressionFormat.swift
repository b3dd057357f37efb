/// How a file is compressed.
public enum CompressionFormat: String, Sendable, CaseIterable {
  /// Not at all.
  case plain
  /// gzip (RFC 1952).
  case gzip
  /// The .xz container of LZMA2.
  case xz
  /// Zstandard (RFC 8878).
  case zstd

  /// How many bytes at the beginning of a file tell its format.
  static let magicLength = 6

  /// The format that a file's first bytes announce; `plain` where they announce none.
  public init(firstBytes bytes: some Collection<UInt8>) {
    if bytes.starts(with: [0x1f, 0x8b]) {
      self = .gzip
    } else if bytes.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) {
      self = .xz
    } else if bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) || Self.isSkippableFrame(bytes) {
      self = .zstd
    } else {
      self = .plain
    }
  }

  /// The format that a file's name announces; nil where its suffix is none of .gz, .xz, .zst.
  public init?(suffixOf path: String) {
    if path.hasSuffix(".gz") {
      self = .gzip
    } else if path.hasSuffix(".xz") {
      self = .xz
    } else if path.hasSuffix(".zst") {
      self = .zstd
    } else {
      return nil
    }
  }

  /// Whether a file of a format may begin with so few bytes.
  static func isBeginning(_ bytes: some Collection<UInt8>, of format: CompressionFormat) -> Bool {
    let magic: [UInt8] =
      switch format {
      case .plain: []
      case .gzip: [0x1f, 0x8b]
      case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
      case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
      }
    return magic.starts(with: bytes)
  }

  private static func isSkippableFrame(_ bytes: some Collection<UInt8>) -> Bool {
    // RFC 8878, 3.1.2: 0x184D2A50 to 0x184D2A5F, little-endian.
    guard let first = bytes.first, (0x50...0x5f).contains(first) else { return false }
    return bytes.dropFirst().starts(with: [0x2a, 0x4d, 0x18])
  }
}
