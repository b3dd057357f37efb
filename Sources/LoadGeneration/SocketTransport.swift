import CSystem
import Glibc

// Unsafe memory: `buffer` is this object's own and lives as long as it does; what it lends to a reader is valid for the
// call.

/// Connections to a Unix socket, all driven by the calling thread. A connection that breaks is made anew with the next
/// request that is to go over it.
public final class SocketTransport: LoadTransport {
  private struct Connection {
    var descriptor: Int32 = -1
    var output: [UInt8] = []
    var written = 0
    var outstanding = 0
    var refused = 0
    /// Until when it is tried to connect, where the daemon's queue of new connections is full; 0 where it is not.
    var connectsUntil: UInt64 = 0
    var reader: AnswerReader
  }

  private let path: String
  private let spoken: LoadProtocol
  private var pool: [Connection]
  private var entries: [pollfd]
  private var unsendable: [(connection: Int, outcome: LoadOutcome)] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

  /// Requests that may wait for their answers on one connection, and bytes that may wait to be sent; so a server that
  /// stalls costs bounded memory.
  private static let maximumOutstanding = 100_000
  private static let maximumOutput = 64 << 20

  /// After how long a connection that could not be made is tried again where nothing else happens.
  private static let retryNanoseconds: UInt64 = 10_000_000
  /// How long it is tried where the daemon's queue of new connections is full: it lives and is busy.
  private static let connectNanoseconds: UInt64 = 10_000_000_000

  /// Connects.
  ///
  /// - Parameters:
  ///   - path: the socket.
  ///   - connections: how many, at least 1.
  ///   - spoken: lines or HTTP.
  /// - Throws: why the first connections cannot be made.
  public convenience init(path: String, connections: Int, as spoken: LoadProtocol) throws(LoadProblem) {
    try self.init(path: path, connections: connections, as: spoken) {
      usleep(UInt32(Self.retryNanoseconds / 1000))
    }
  }

  /// - Parameter pause: what is done before it is tried again to connect to a daemon that is too busy.
  init(path: String, connections: Int, as spoken: LoadProtocol, pause: () -> Void) throws(LoadProblem) {
    self.path = path
    self.spoken = spoken
    pool = (0..<max(1, connections)).map { _ in Connection(reader: AnswerReader(spoken)) }
    entries = pool.map { _ in pollfd(fd: -1, events: Int16(POLLIN), revents: 0) }
    // The usual 50 us by which the kernel may let a thread sleep on would show in every latency.
    afm_set_timer_slack(1)
    for index in pool.indices {
      let deadline = now &+ Self.connectNanoseconds
      var code = connect(index)
      while code == EAGAIN, now < deadline {
        pause()
        code = connect(index)
      }
      if code != 0 { throw LoadProblem(path: path, code: code) }
    }
  }

  deinit {
    for connection in pool where connection.descriptor >= 0 { close(connection.descriptor) }
    buffer.deallocate()
  }

  /// The monotonic clock.
  public var now: UInt64 { Self.read(CLOCK_MONOTONIC) }

  /// Processor time of the calling thread.
  public var processorTime: UInt64 { Self.read(CLOCK_THREAD_CPUTIME_ID) }

  /// How many connections there are.
  public var connections: Int { pool.count }

  /// Queues a request; see `LoadTransport`.
  public func send(_ request: UnsafeRawBufferPointer, on connection: Int) {
    // A connection's outcomes come in the order of its requests: what cannot be sent is reported behind what was, and
    // nothing is sent behind it before.
    guard pool[connection].refused == 0 else { return refuse(connection, "requests before it could not be sent") }
    if pool[connection].descriptor < 0, pool[connection].connectsUntil == 0 {
      let code = connect(connection)
      if code == EAGAIN {
        pool[connection].connectsUntil = now &+ Self.connectNanoseconds
      } else if code != 0 {
        return refuse(connection, String(cString: strerror(code)))
      }
    }
    guard pool[connection].outstanding < Self.maximumOutstanding, pool[connection].output.count < Self.maximumOutput
    else { return refuse(connection, "too many requests wait for their answers") }
    pool[connection].output.append(contentsOf: request)
    pool[connection].outstanding += 1
  }

  /// Sends, waits and reads; see `LoadTransport`.
  public func wait(until deadline: UInt64, _ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void) {
    var triesAgain = !unsendable.isEmpty
    for index in pool.indices where !pool[index].output.isEmpty {
      if pool[index].connectsUntil > 0, !connectAgain(index, answered) {
        triesAgain = true
      } else {
        flush(index, answered)
      }
    }
    report(answered)
    let now = now
    var timeout = deadline > now ? deadline - now : 0
    if triesAgain { timeout = min(timeout, Self.retryNanoseconds) }
    guard afm_poll(&entries, UInt(entries.count), timeout) > 0 else { return }
    for index in pool.indices where entries[index].revents != 0 {
      if entries[index].revents & Int16(POLLOUT) != 0 { flush(index, answered) }
      if entries[index].revents & ~Int16(POLLOUT) != 0 { receive(index, answered) }
    }
    report(answered)
  }

  private func connect(_ index: Int) -> Int32 {
    let result = afm_unix_connect(path, 1)
    guard result >= 0 else { return -result }
    pool[index].descriptor = result
    pool[index].connectsUntil = 0
    pool[index].reader = AnswerReader(spoken)
    entries[index].fd = result
    return 0
  }

  /// Tries once more to connect for the requests that wait for it; they fail where it is no use.
  ///
  /// - Returns: whether there is a connection.
  private func connectAgain(_ index: Int, _ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void) -> Bool {
    let code = connect(index)
    if code == 0 { return true }
    if code != EAGAIN || now >= pool[index].connectsUntil {
      drop(index, .notSent(String(cString: strerror(code))), answered)
    }
    return false
  }

  private func refuse(_ index: Int, _ reason: String) {
    pool[index].refused += 1
    unsendable.append((index, .notSent(reason)))
  }

  /// Reports what never went out, as soon as everything before it on its connection was answered.
  private func report(_ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void) {
    guard !unsendable.isEmpty else { return }
    let waiting = unsendable
    unsendable = []
    for (connection, outcome) in waiting {
      if pool[connection].outstanding == 0 {
        pool[connection].refused -= 1
        answered(connection, outcome)
      } else {
        unsendable.append((connection, outcome))
      }
    }
  }

  private func flush(_ index: Int, _ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void) {
    while pool[index].written < pool[index].output.count {
      let start = pool[index].written
      let count = pool[index].output.withUnsafeBytes { bytes in
        Glibc.send(
          pool[index].descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        pool[index].written += count
      } else if errno == EAGAIN {
        entries[index].events = Int16(POLLIN | POLLOUT)
        return
      } else if errno != EINTR {
        return lose(index, answered)
      }
    }
    pool[index].output.removeAll(keepingCapacity: true)
    pool[index].written = 0
    entries[index].events = Int16(POLLIN)
  }

  private func receive(_ index: Int, _ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void) {
    while pool[index].descriptor >= 0 {
      let count = recv(pool[index].descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else { return lose(index, answered) }
      // More answers than requests leave nothing by which one could be told from the other.
      let outstanding = pool[index].outstanding
      var answers = 0
      do throws(AnswerReader.Unintelligible) {
        let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
        try pool[index].reader.take(bytes) { outcome in
          answers += 1
          if answers <= outstanding { answered(index, outcome) }
        }
      } catch {
        pool[index].outstanding -= min(answers, outstanding)
        return lose(index, answered)
      }
      pool[index].outstanding -= min(answers, outstanding)
      if answers > outstanding { return lose(index, answered) }
      // A short read leaves nothing behind: what comes meanwhile is announced.
      if count < buffer.count { return }
    }
  }

  private func lose(_ index: Int, _ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void) {
    close(pool[index].descriptor)
    drop(index, .connectionLost, answered)
  }

  /// Starts a connection anew; requests that wait for their answers have this outcome.
  private func drop(
    _ index: Int, _ outcome: LoadOutcome, _ answered: (_ connection: Int, _ outcome: LoadOutcome) -> Void
  ) {
    let lost = pool[index].outstanding
    pool[index] = Connection(refused: pool[index].refused, reader: AnswerReader(spoken))
    entries[index] = pollfd(fd: -1, events: Int16(POLLIN), revents: 0)
    for _ in 0..<lost { answered(index, outcome) }
  }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
