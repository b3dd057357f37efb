import CSystem
import Glibc

/// A connection to a Unix socket on which every wait ends at a deadline. Used on one thread at a time.
final class UnixConnection {
  private let path: String
  private let timeoutSeconds: Double
  private let descriptor: Int32
  private var deadline: UInt64 = 0

  private static let retryMicroseconds: UInt32 = 10_000

  init(path: String, timeoutSeconds: Double) throws(ClientProblem) {
    self.path = path
    self.timeoutSeconds = timeoutSeconds
    let deadline = Self.deadline(in: timeoutSeconds)
    while true {
      let result = afm_unix_connect(path, 1)
      if result >= 0 {
        descriptor = result
        break
      }
      switch -result {
      case EAGAIN:
        // The listener's queue is full: it lives and is busy.
        guard Self.now() < deadline else { throw .timedOut(path: path, seconds: timeoutSeconds) }
        usleep(Self.retryMicroseconds)
      case ENOENT, ECONNREFUSED: throw .noDaemon(path: path)
      case EACCES, EPERM: throw .notPermitted(path: path)
      case ENAMETOOLONG: throw .cannotConnect(path: path, reason: "a socket's path has at most 107 bytes")
      default: throw .cannotConnect(path: path, reason: String(cString: strerror(-result)))
      }
    }
    restartClock()
  }

  deinit {
    Glibc.close(descriptor)
  }

  /// Gives the next exchange its full time.
  func restartClock() {
    deadline = Self.deadline(in: timeoutSeconds)
  }

  func send(_ bytes: [UInt8]) throws(ClientProblem) {
    var position = 0
    while position < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        Glibc.send(
          descriptor, bytes.baseAddress.map { $0 + position }, bytes.count - position, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        position += count
      } else if errno == EAGAIN {
        try wait(for: Int16(POLLOUT))
      } else if errno == EPIPE || errno == ECONNRESET {
        // The daemon refused in the middle and closed: its answer stands in the socket.
        return
      } else if errno != EINTR {
        throw .broken(path: path, detail: String(cString: strerror(errno)))
      }
    }
  }

  /// Receives into the buffer; returns how many bytes, 0 at the end of the connection.
  func receive(into buffer: inout [UInt8]) throws(ClientProblem) -> Int {
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count == 0 { return count }
      if count > 0 {
        // One that talks without end never has to be waited for.
        guard Self.now() < deadline else { throw .timedOut(path: path, seconds: timeoutSeconds) }
        return count
      }
      if errno == EAGAIN {
        try wait(for: Int16(POLLIN))
      } else if errno == ECONNRESET {
        return 0
      } else if errno != EINTR {
        throw .broken(path: path, detail: String(cString: strerror(errno)))
      }
    }
  }

  private func wait(for events: Int16) throws(ClientProblem) {
    let now = Self.now()
    guard now < deadline else { throw .timedOut(path: path, seconds: timeoutSeconds) }
    var entry = pollfd(fd: descriptor, events: events, revents: 0)
    _ = poll(&entry, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1))
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  private static func deadline(in seconds: Double) -> UInt64 {
    let bounded = seconds.isFinite ? min(max(seconds, 0), 1e9) : 1e9
    return now() &+ UInt64(bounded * 1e9)
  }
}
