// Unsafe memory: bytes that were read are copied within the call.
import Compression
import Glibc

/// The last bytes that were read of a file that grows: where they are gone, it was emptied and written anew, and what
/// comes next would be read from the middle of something else.
final class FileTail {
  private static let length = 1024
  private var bytes: [UInt8] = []
  private var end: Int64
  private let descriptor: Int32
  private var modified: Int64?

  /// Begins with what stands before the place that is read next.
  init(_ reader: DecompressingReader) {
    descriptor = reader.descriptor
    end = reader.offset
    bytes = Self.read(descriptor, upTo: end, count: Int(min(Int64(Self.length), end))) ?? []
  }

  /// Whether the file still has these bytes in their place. Asked after more was read, so that nothing can change
  /// between the look and the read.
  var isThere: Bool {
    bytes.isEmpty || Self.read(descriptor, upTo: end, count: bytes.count) == bytes
  }

  /// Whether the file was written to since this was asked last: emptied and refilled to the same length it has nothing
  /// more to be read.
  var isTouched: Bool {
    let now = FileStatus(descriptor: descriptor)?.modified
    defer { modified = now }
    return now != modified
  }

  /// Takes note of what was read next.
  func append(_ read: UnsafeRawBufferPointer) {
    end += Int64(read.count)
    if read.count >= Self.length {
      bytes.removeAll(keepingCapacity: true)
    } else if bytes.count + read.count > Self.length {
      bytes.removeFirst(bytes.count + read.count - Self.length)
    }
    bytes.append(contentsOf: read.suffix(Self.length))
  }

  private static func read(_ descriptor: Int32, upTo end: Int64, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(end - Int64(count - filled)))
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return nil }
      filled += got
    }
    return bytes
  }
}
