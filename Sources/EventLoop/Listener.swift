import CLibUV
import CSystem
import Glibc

/// Who may connect to a socket that is made in the file system.
public struct SocketPermissions: Equatable, Sendable {
  /// The file's mode, such as 0o660.
  public var mode: UInt32
  /// The file's owner; nil leaves it.
  public var owner: UInt32?
  /// The file's group; nil leaves it.
  public var group: UInt32?

  /// Makes permissions.
  public init(mode: UInt32, owner: UInt32? = nil, group: UInt32? = nil) {
    self.mode = mode
    self.owner = owner
    self.group = group
  }
}

/// A listening Unix socket of a loop.
public final class Listener: Handle, @unchecked Sendable {
  /// Bytes that a socket's path may have: one less than the kernel's field, which a NUL ends.
  public static let maximumPathBytes = 107

  private var onConnection: ((Listener) -> Void)?
  private var onProblem: ((LoopProblem) -> Void)?

  /// Makes a socket at a path and listens on it.
  ///
  /// A socket file that nobody answers on is replaced; any other file, and a socket that answers, is left alone and an
  /// error. Mode and owner are set before anybody can connect. The file is deleted when the listener closes.
  ///
  /// - Parameters:
  ///   - loop: the loop it runs on; call this on its thread.
  ///   - path: where the socket is made, at most 107 bytes.
  ///   - permissions: the socket's mode and owner.
  ///   - backlog: how many connections may wait to be taken.
  ///   - onConnection: called for every connection, which `accept` or `acceptDescriptor` must then take.
  ///   - onProblem: called where a connection could not be taken (out of descriptors, for one: it is shed).
  public convenience init(
    loop: EventLoop, path: String, permissions: SocketPermissions, backlog: Int32 = 511,
    onConnection: @escaping (Listener) -> Void, onProblem: @escaping (LoopProblem) -> Void
  ) throws(LoopProblem) {
    try Self.makeRoom(at: path)
    try self.init(loop: loop, onConnection: onConnection, onProblem: onProblem)
    do throws(LoopProblem) {
      try LoopProblem.check("bind the socket \(path)", uv_pipe_bind(pipe, path))
      try Self.apply(permissions, to: path)
      try listen(backlog, at: path)
    } catch {
      close()
      throw error
    }
  }

  /// Listens on a socket that was inherited, bound and perhaps already listening; its file is never deleted.
  ///
  /// Anything but a Unix stream socket is refused: permissions of its file are what keeps strangers out.
  public convenience init(
    loop: EventLoop, inherited descriptor: Int32, backlog: Int32 = 511,
    onConnection: @escaping (Listener) -> Void, onProblem: @escaping (LoopProblem) -> Void
  ) throws(LoopProblem) {
    try self.init(loop: loop, onConnection: onConnection, onProblem: onProblem)
    do throws(LoopProblem) {
      try Self.checkKind(ofInherited: descriptor)
      try LoopProblem.check("take over the inherited socket \(descriptor)", uv_pipe_open(pipe, descriptor))
      try listen(backlog, at: "inherited socket \(descriptor)")
    } catch {
      close()
      throw error
    }
  }

  private init(
    loop: EventLoop, onConnection: @escaping (Listener) -> Void, onProblem: @escaping (LoopProblem) -> Void
  ) throws(LoopProblem) {
    self.onConnection = onConnection
    self.onProblem = onProblem
    super.init(loop: loop, type: UV_NAMED_PIPE)
    try LoopProblem.check("make a listener", uv_pipe_init(loop.loop, pipe, 0))
    adopt()
  }

  /// Takes the connection that was announced, for the listener's own loop.
  public func accept() throws(LoopProblem) -> Stream {
    let accepted = try Stream(unconnectedOn: loop)
    let status = uv_accept(stream, accepted.stream)
    if status < 0 {
      accepted.close()
      throw LoopProblem("accept a connection", status: status)
    }
    return accepted
  }

  /// Takes the connection that was announced as a descriptor, for another loop to make a stream of.
  public func acceptDescriptor() throws(LoopProblem) -> Int32 {
    let accepted = try accept()
    defer { accepted.close() }
    var descriptor: uv_os_fd_t = -1
    try LoopProblem.check("hand over a connection", uv_fileno(accepted.handle, &descriptor))
    let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if duplicate < 0 { throw LoopProblem("hand over a connection", status: -errno) }
    return duplicate
  }

  override func didClose() {
    onConnection = nil
    onProblem = nil
  }

  private func listen(_ backlog: Int32, at place: String) throws(LoopProblem) {
    let status = uv_listen(stream, backlog) { stream, status in
      guard let listener = Handle.owner(Listener.self, of: stream?.pointee.data), listener.isOpen else { return }
      if status < 0 {
        listener.onProblem?(LoopProblem("accept a connection", status: status))
      } else {
        listener.onConnection?(listener)
      }
    }
    try LoopProblem.check("listen on \(place)", status)
  }

  /// Checks the path and deletes a socket file that nobody answers on.
  private static func makeRoom(at path: String) throws(LoopProblem) {
    let operation = "make the socket \(path)"
    guard !path.isEmpty, path.utf8.count <= maximumPathBytes, !path.utf8.contains(0) else {
      throw LoopProblem(
        operation: operation,
        message: "a socket's path has 1 to \(maximumPathBytes) bytes, this one has \(path.utf8.count); "
          + "choose a shorter one")
    }
    var information = stat()
    guard lstat(path, &information) == 0 else {
      // libuv would call a missing directory a missing right.
      guard errno == ENOENT else { throw LoopProblem(operation, status: -errno) }
      let directory = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
      guard directory.isEmpty || stat(String(directory), &information) == 0 else {
        throw LoopProblem(
          operation: operation, code: "ENOENT",
          message: "there is no directory \(directory); make it, or choose another path")
      }
      return
    }
    guard information.st_mode & S_IFMT == S_IFSOCK else {
      throw LoopProblem(
        operation: operation, message: "there is another kind of file in its place; remove it or choose another path")
    }
    let descriptor = afm_unix_connect(path, 1)
    if descriptor >= 0 { Glibc.close(descriptor) }
    guard descriptor == -ECONNREFUSED else {
      if descriptor >= 0 || descriptor == -EAGAIN {
        throw LoopProblem(
          operation: operation, code: "EADDRINUSE",
          message: "another process answers on it; stop that one first or choose another path")
      }
      throw LoopProblem(operation, status: descriptor)
    }
    if unlink(path) != 0, errno != ENOENT { throw LoopProblem("replace the stale socket \(path)", status: -errno) }
  }

  private static func checkKind(ofInherited descriptor: Int32) throws(LoopProblem) {
    func option(_ name: Int32) throws(LoopProblem) -> Int32 {
      var value: Int32 = -1
      var length = socklen_t(MemoryLayout<Int32>.size)
      if getsockopt(descriptor, SOL_SOCKET, name, &value, &length) != 0 {
        throw LoopProblem("take over the inherited socket \(descriptor)", status: -errno)
      }
      return value
    }
    let domain = try option(SO_DOMAIN)
    let type = try option(SO_TYPE)
    guard domain == AF_UNIX, type == Int32(SOCK_STREAM.rawValue) else {
      throw LoopProblem(
        operation: "take over the inherited socket \(descriptor)",
        message: "it is no Unix stream socket; ListenStream= in the socket unit is to name a path")
    }
  }

  private static func apply(_ permissions: SocketPermissions, to path: String) throws(LoopProblem) {
    if permissions.owner != nil || permissions.group != nil {
      let unchanged = UInt32.max
      if chown(path, permissions.owner ?? unchanged, permissions.group ?? unchanged) != 0 {
        throw LoopProblem("give the socket \(path) its owner and group", status: -errno)
      }
    }
    if chmod(path, permissions.mode) != 0 {
      throw LoopProblem("give the socket \(path) its mode", status: -errno)
    }
  }
}
