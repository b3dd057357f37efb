// Unsafe memory: bytes are lent to write(2) within the call and not kept.
import Glibc

/// Standard output, buffered, which takes it calmly when its reader goes away.
final class StandardOutput {
  private var buffer: [UInt8] = []
  private let descriptor: Int32

  /// Opens the output on a descriptor.
  init(descriptor: Int32 = STDOUT_FILENO) {
    self.descriptor = descriptor
  }

  /// Writes text.
  func write(_ text: String) throws(Failure) {
    buffer += text.utf8
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Writes text and a line feed.
  func line(_ text: String = "") throws(Failure) {
    try write(text + "\n")
  }

  /// Writes bytes that are text already, and a line feed where they do not end with one.
  func line(_ bytes: [UInt8]) throws(Failure) {
    buffer += bytes
    if bytes.last != UInt8(ascii: "\n") { buffer.append(UInt8(ascii: "\n")) }
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Hands everything to the system.
  ///
  /// A reader that has seen enough (`| head`) closes the pipe; that ends the program, quietly and with success.
  func flush() throws(Failure) {
    defer { buffer.removeAll(keepingCapacity: true) }
    let error = writeAll(buffer, to: descriptor)
    if error == EPIPE { throw Failure(.done) }
    if error != 0 { throw Failure(.inputOutput, "standard output: \(String(cString: strerror(error)))") }
  }

  /// Whether people look on.
  var isTerminal: Bool { isatty(descriptor) == 1 }
}

/// Writes text to standard error at once. Failures have nowhere to go.
func printError(_ text: String) {
  _ = writeAll(Array(text.utf8), to: STDERR_FILENO)
}

/// Writes all bytes; returns 0 or the errno.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  bytes.withUnsafeBytes { bytes in
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}
