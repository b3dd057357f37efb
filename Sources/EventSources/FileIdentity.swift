// Unsafe memory: a buffer of this function's own.
import Compression

/// What tells a file from another of the same name: the number and the checksum of its first bytes, uncompressed, so
/// that a copy, a renamed and a compressed file are still the same.
struct FileIdentity: Equatable {
  /// How many bytes are remembered of a file that has as many.
  static let length = 4096

  var bytes: Int
  var checksum: RecordChecksum

  /// As positions keep it.
  var text: String { "head:\(bytes):\(checksum)" }

  init?(text: String) {
    let parts = text.split(separator: ":")
    guard parts.count == 3, parts[0] == "head", let bytes = Int(parts[1]), (0...Self.length).contains(bytes),
      let value = UInt64(parts[2], radix: 16)
    else { return nil }
    self.bytes = bytes
    checksum = RecordChecksum(value)
  }

  /// Reads the first bytes of a file: `count`, or as many as there are.
  init(path: String, format: CompressionFormat?, count: Int = FileIdentity.length) throws(CompressionProblem) {
    let reader = try DecompressingReader(path: path, format: format)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 1)
    defer { buffer.deallocate() }
    var filled = 0
    while filled < count {
      let got = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<count]))
      if got == 0 { break }
      filled += got
    }
    bytes = filled
    checksum = RecordChecksum(of: UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
  }
}
