import Glibc

/// What a reading of an append log found.
public struct AppendLogScan: Equatable, Sendable {
  /// The number of whole records.
  public var records = 0

  /// The length in bytes of the good part: header and whole records.
  public var goodLength: UInt64 = 0

  /// Bytes after the good part: a record that was being written when the machine or process stopped (a torn tail), or
  /// everything from the first damage on.
  public var droppedBytes: UInt64 = 0

  /// Where and how the file is damaged, which is more than a torn tail; nil where it is not.
  public var damage: String?
}

/// The format of an append log: an 8-byte header, then records one after the other.
///
/// Each record is `length` (4 bytes), `lengthCheck` (4), `checksum` (8), all little-endian, then `length` bytes.
/// `lengthCheck` is the low half of XXH3-64 of the 4 length bytes, `checksum` XXH3-64 of the content, both seeded with
/// the record's offset in the file, so that a block that strayed from elsewhere is never taken for a record. The check
/// of the length is what tells a record cut short (it reaches past the end) from a damaged one in the middle.
enum AppendLogFormat {
  static let magic: [UInt8] = Array("AFMLOG1\n".utf8)
  static let headerSize = 16
  static let maximumRecord = 1 << 26

  static func lengthCheck(_ length: UInt32, at offset: UInt64) -> UInt32 {
    withUnsafeBytes(of: length.littleEndian) { UInt32(truncatingIfNeeded: Checksum.xxh3($0, seed: offset)) }
  }

  static func checksum(_ content: UnsafeRawBufferPointer, at offset: UInt64) -> UInt64 {
    Checksum.xxh3(content, seed: offset)
  }

  /// The 16 bytes before a record's content.
  static func header(of content: UnsafeRawBufferPointer, at offset: UInt64) -> (UInt32, UInt32, UInt64) {
    let size = UInt32(truncatingIfNeeded: content.count)
    return (size.littleEndian, lengthCheck(size, at: offset).littleEndian, checksum(content, at: offset).littleEndian)
  }

  /// The bytes of a whole log.
  static func log(of contents: [[UInt8]], _ path: String) throws(FileProblem) -> [UInt8] {
    var bytes = magic
    for content in contents { try append(content, to: &bytes, path) }
    return bytes
  }

  /// Adds a record to the bytes of a whole log.
  static func append(_ content: [UInt8], to log: inout [UInt8], _ path: String) throws(FileProblem) {
    guard content.count <= maximumRecord else {
      throw FileProblem(operation: "append to", path: path, code: EMSGSIZE)
    }
    let header = content.withUnsafeBytes { Self.header(of: $0, at: UInt64(log.count)) }
    withUnsafeBytes(of: header) { log.append(contentsOf: $0) }
    log += content
  }
}
