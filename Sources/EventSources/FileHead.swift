// Unsafe memory: a buffer of this file's own, used within one call.
import Compression
import Glibc

/// The number and the checksum of a file's first bytes, uncompressed.
struct FileHead: Equatable {
  /// How many bytes are remembered of a file that has as many.
  static let length = 4096

  var bytes: Int
  var checksum: RecordChecksum

  init(bytes: Int, checksum: RecordChecksum) {
    self.bytes = bytes
    self.checksum = checksum
  }

  /// Reads the first bytes of a file: `count`, or as many as there are.
  init(path: String, format: CompressionFormat?, count: Int = FileHead.length) throws(CompressionProblem) {
    let reader = try DecompressingReader(path: path, format: format, takesStreams: false)
    self = try Self.filled(count) { (rest, _) throws(CompressionProblem) in try reader.read(into: rest) }
  }

  /// The first bytes of an open file. Those of a compressed one are read by its path, which may be another's by now.
  init(of reader: DecompressingReader, count: Int = FileHead.length) throws(CompressionProblem) {
    guard reader.format == .plain else {
      self = try FileHead(path: reader.path, format: nil, count: count)
      return
    }
    self = try Self.filled(count) { (rest, filled) throws(CompressionProblem) in
      while true {
        let got = pread(reader.descriptor, rest.baseAddress, rest.count, off_t(filled))
        if got >= 0 { return got }
        guard errno == EINTR else {
          throw .cannotRead(path: reader.path, reason: String(cString: strerror(errno)))
        }
      }
    }
  }

  private static func filled(
    _ count: Int, _ read: (UnsafeMutableRawBufferPointer, Int) throws(CompressionProblem) -> Int
  ) throws(CompressionProblem) -> FileHead {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 1)
    defer { buffer.deallocate() }
    var filled = 0
    while filled < count {
      let got = try read(UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<count]), filled)
      if got == 0 { break }
      filled += got
    }
    return FileHead(bytes: filled, checksum: RecordChecksum(of: UnsafeRawBufferPointer(rebasing: buffer[..<filled])))
  }
}
