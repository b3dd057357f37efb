import BenchmarkSupport
import CSystem
import Glibc

// Unsafe memory: `buffer` is this object's own and lives as long as it does; an answer that is handed out lies in it
// and is valid until the next one is received.

/// One connection, on which requests are sent and their answers received apart. Neither allocates anything.
final class WireSocket {
  private let descriptor: Int32
  private let speech: Speech
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

  init(path: String, as speech: Speech) throws {
    self.speech = speech
    descriptor = afm_unix_connect(path, 0)
    if descriptor < 0 { throw BenchmarkProblem("\(path): \(String(cString: strerror(-descriptor)))") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  @inline(__always)
  func send(_ requests: UnsafeRawBufferPointer) throws(BenchmarkProblem) {
    guard write(descriptor, requests.baseAddress, requests.count) == requests.count else {
      throw BenchmarkProblem("a request could not be sent: \(String(cString: strerror(errno)))")
    }
  }

  /// Receives so many answers and no more; gives their bytes. Several only as lines.
  @inline(__always)
  func receive(_ count: Int = 1) throws(BenchmarkProblem) -> UnsafeRawBufferPointer {
    var length = 0
    var lines = 0
    while length < buffer.count {
      let start = buffer.baseAddress?.advanced(by: length)
      let received = read(descriptor, start, buffer.count - length)
      guard received > 0 else { throw BenchmarkProblem("the connection ended amid an answer") }
      let end = length + received
      if speech == .http {
        length = end
        if isWhole(length) { return UnsafeRawBufferPointer(rebasing: buffer[..<length]) }
      } else {
        if count == 1 {
          lines = buffer[end - 1] == UInt8(ascii: "\n") ? 1 : 0
        } else {
          var place = start
          while let from = place, let base = buffer.baseAddress,
            case let left = end - (from - UnsafeMutableRawPointer(base)),
            let feed = memchr(from, Int32(UInt8(ascii: "\n")), left)
          {
            lines += 1
            place = feed + 1
          }
        }
        length = end
        if lines == count { return UnsafeRawBufferPointer(rebasing: buffer[..<length]) }
      }
    }
    throw BenchmarkProblem("an answer is longer than \(buffer.count) bytes")
  }

  /// Whether an HTTP answer is there up to the end that its Content-Length tells.
  private func isWhole(_ length: Int) -> Bool {
    let head = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length])
    guard let end = Self.find("\r\n\r\n", in: head), let field = Self.find("Content-Length: ", in: head) else {
      return false
    }
    var count = 0
    for byte in head[(field + 16)...] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
      count = count * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return end + 4 + count <= length
  }

  /// Where a text begins in some bytes.
  private static func find(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    let length = text.utf8CodeUnitCount
    var start = 0
    while start + length <= bytes.count,
      let found = memchr(base + start, Int32(text.utf8Start[0]), bytes.count - length + 1 - start)
    {
      if memcmp(found, text.utf8Start, length) == 0 { return UnsafeRawPointer(found) - base }
      start = UnsafeRawPointer(found) - base + 1
    }
    return nil
  }
}
