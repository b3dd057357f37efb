import CSystem
import Glibc

// Unsafe memory: `buffer` is this object's own and lives as long as it does; an answer that is handed out lies in it
// and is valid until the next exchange.

/// One connection of the line protocol: sends a line, waits for one. An exchange allocates nothing.
public final class LineSocket {
  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

  /// Connects.
  public init(path: String) throws {
    descriptor = afm_unix_connect(path, 0)
    if descriptor < 0 { throw BenchmarkProblem("\(path): \(String(cString: strerror(-descriptor)))") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  /// Sends a request, which ends with a line feed, and gives the answer with its line feed.
  public func exchange(_ request: UnsafeRawBufferPointer) throws(BenchmarkProblem) -> UnsafeRawBufferPointer {
    guard write(descriptor, request.baseAddress, request.count) == request.count else {
      throw BenchmarkProblem("a request could not be sent: \(String(cString: strerror(errno)))")
    }
    var length = 0
    while length < buffer.count {
      let count = read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
      guard count > 0 else { throw BenchmarkProblem("the connection ended amid an answer") }
      length += count
      if buffer[length - 1] == UInt8(ascii: "\n") { return UnsafeRawBufferPointer(rebasing: buffer[..<length]) }
    }
    throw BenchmarkProblem("an answer is longer than \(buffer.count) bytes")
  }

  /// The same with text; for what is not measured.
  public func exchange(_ request: String) throws -> String {
    let bytes = Array((request + "\n").utf8)
    return try bytes.withUnsafeBytes { String(decoding: try exchange($0), as: UTF8.self) }
  }
}
