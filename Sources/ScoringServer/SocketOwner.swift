import EventLoop
import Glibc

extension SocketPermissions {
  /// Makes permissions with the names or numbers of a user and a group, as a configuration gives them.
  public init(mode: UInt32, ownerName: String?, groupName: String?) throws(LoopProblem) {
    self.init(
      mode: mode,
      owner: try ownerName.map { name throws(LoopProblem) in try Self.user(name) },
      group: try groupName.map { name throws(LoopProblem) in try Self.group(name) })
  }

  private static func user(_ name: String) throws(LoopProblem) -> UInt32 {
    if let number = UInt32(name) { return number }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      throw LoopProblem(operation: "find the socket's owner", message: "there is no user \(name)")
    }
    return entry.pw_uid
  }

  private static func group(_ name: String) throws(LoopProblem) -> UInt32 {
    if let number = UInt32(name) { return number }
    var entry = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      throw LoopProblem(operation: "find the socket's group", message: "there is no group \(name)")
    }
    return entry.gr_gid
  }
}
