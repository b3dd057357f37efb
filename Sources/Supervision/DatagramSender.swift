// Unsafe: a `sockaddr_un` is filled bytewise, never past the end of `sun_path`, and passed to `sendto` as the
// `sockaddr` it is, with the length of what was filled.
import Glibc

/// Sends one datagram to a Unix socket.
enum DatagramSender {
  /// Sends a text to the socket at a path, or at an abstract name that begins with `@`. Returns 0 or the errno.
  static func send(_ text: String, to name: String) -> Int32 {
    var bytes = Array(name.utf8)
    let abstract = bytes.first == UInt8(ascii: "@")
    // An abstract name begins with a zero byte and ends where the address does (unix(7)).
    if abstract { bytes[0] = 0 }
    var address = sockaddr_un()
    guard bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let header = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    let length = socklen_t(header + bytes.count + (abstract ? 0 : 1))
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    let payload = Array(text.utf8)
    let sent = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        sendto(
          descriptor, payload, payload.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), generic,
          length)
      }
    }
    return sent == payload.count ? 0 : errno
  }
}
