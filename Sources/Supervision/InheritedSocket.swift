import Glibc

/// A socket that the service manager opened and passed on; see sd_listen_fds(3).
public struct InheritedSocket: Equatable, Sendable {
  /// Its name (`FileDescriptorName=`); `unknown` where none was passed.
  public let name: String
  /// The descriptor. Whoever uses it owns it.
  public let descriptor: Int32

  /// The number of the first descriptor passed, fixed by the protocol.
  static let first: Int32 = 3

  static func all(environment: [String: String]) -> [InheritedSocket] {
    guard environment["LISTEN_PID"] == String(getpid()), let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }),
      (1...1024).contains(count)
    else { return [] }
    let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
    return (0..<count).map { index in
      let descriptor = first + index
      let flags = fcntl(descriptor, F_GETFD)
      if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
      let name = Int(index) < names.count && !names[Int(index)].isEmpty ? String(names[Int(index)]) : "unknown"
      return InheritedSocket(name: name, descriptor: descriptor)
    }
  }
}
