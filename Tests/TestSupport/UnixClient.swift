import Glibc

/// A blocking client of a Unix socket that sends and receives raw bytes, for tests of what is on the wire.
public final class UnixClient {
  /// The socket.
  public let descriptor: Int32

  /// Why there is no client.
  public struct Refused: Error {
    /// The errno.
    public let code: Int32
  }

  /// Connects; waiting for bytes gives up after `timeoutSeconds`.
  public init(path: String, timeoutSeconds: Int = 20) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { field in
      field.copyBytes(from: Array(path.utf8).prefix(field.count - 1))
    }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        Glibc.connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      let code = errno
      Glibc.close(descriptor)
      throw Refused(code: code)
    }
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    Glibc.close(descriptor)
  }

  /// Sends all the bytes; false where the peer hung up.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var position = 0
    while position < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        Glibc.send(
          descriptor, bytes.baseAddress.map { $0 + position }, bytes.count - position, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      position += count
    }
    return true
  }

  /// Sends a text.
  @discardableResult
  public func send(_ text: String) -> Bool {
    send(Array(text.utf8))
  }

  /// Says that nothing more will be sent.
  public func finish() {
    Glibc.shutdown(descriptor, Int32(SHUT_WR))
  }

  /// The next bytes: empty at the end of the connection, nil where none came in time or the peer reset it.
  public func receive(maximum: Int = 64 << 10) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: maximum)
    let count = Glibc.recv(descriptor, &buffer, maximum, 0)
    guard count >= 0 else { return nil }
    return Array(buffer.prefix(count))
  }

  /// Everything up to the end of the connection.
  public func receiveAll() -> [UInt8] {
    var all: [UInt8] = []
    while let bytes = receive(), !bytes.isEmpty { all += bytes }
    return all
  }

  /// Bytes up to and including a line feed, as text without it.
  public func receiveLine() -> String? {
    var line: [UInt8] = []
    while let byte = receive(maximum: 1)?.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }
}
