import CLibUV
import Glibc
import Synchronization
import Threads

// Unsafe memory: `loop` and `wakeUp` are allocated here once and freed after the loop's thread was joined; `readBuffer`
// is lent to one read callback at a time, on the loop's thread.

/// An event loop on a thread of its own.
///
/// Listeners, streams and timers of a loop are made and used on its thread alone; other threads hand it closures with
/// `enqueue`. SIGPIPE is ignored for the whole process, since a peer may hang up at any moment.
///
/// `@unchecked Sendable`: `loop`, `wakeUp` and `readBuffer` are touched on the loop's thread only, but for
/// `uv_async_send` on `wakeUp`, which libuv allows from any thread and which happens under the mailbox's lock while
/// the mailbox is open, hence before the handle is closed.
public final class EventLoop: @unchecked Sendable {
  private struct Mailbox: Sendable {
    var work: [@Sendable () -> Void] = []
    var isOpen = true
  }

  let loop: UnsafeMutablePointer<uv_loop_t>
  let readBuffer: UnsafeMutableRawBufferPointer
  private let wakeUp: UnsafeMutablePointer<uv_async_t>
  private let mailbox = Lock(Mailbox())
  private let thread = Atomic<UInt>(0)
  private let running = Lock<DedicatedThread?>(nil)

  private static let readBufferBytes = 64 << 10

  /// Makes a loop and starts its thread.
  ///
  /// - Parameters:
  ///   - name: the thread's name, at most 15 bytes.
  ///   - nice: the thread's nice value.
  public init(name: String, nice: Int32 = 0) throws(LoopProblem) {
    signal(SIGPIPE, SIG_IGN)
    loop = .allocate(capacity: 1)
    wakeUp = .allocate(capacity: 1)
    readBuffer = .allocate(byteCount: Self.readBufferBytes, alignment: 16)
    try LoopProblem.check("start an event loop", uv_loop_init(loop))
    try LoopProblem.check(
      "start an event loop",
      uv_async_init(loop, wakeUp) { handle in
        guard let data = handle?.pointee.data else { return }
        Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().work()
      })
    wakeUp.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    let body: @Sendable () -> Void = { [self] in run() }
    running.withLock { $0 = DedicatedThread(name: name, nice: nice, body: body) }
  }

  deinit {
    loop.deallocate()
    wakeUp.deallocate()
    readBuffer.deallocate()
  }

  /// Whether the caller is on the loop's thread.
  public var isCurrent: Bool {
    thread.load(ordering: .relaxed) == UInt(pthread_self())
  }

  /// The loop's clock, milliseconds of a monotonic clock as of the present round of the loop.
  public var now: UInt64 {
    uv_now(loop)
  }

  /// Has the loop run a closure on its thread, after those handed over before. From any thread.
  ///
  /// - Returns: false where the loop was stopped: then the closure never runs.
  @discardableResult
  public func enqueue(_ work: @escaping @Sendable () -> Void) -> Bool {
    mailbox.withLock { mailbox in
      guard mailbox.isOpen else { return false }
      mailbox.work.append(work)
      if mailbox.work.count == 1 { uv_async_send(wakeUp) }
      return true
    }
  }

  /// Runs a closure on the loop's thread and waits for its result; nil where the loop was stopped. Not from the loop.
  public func perform<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result? {
    let outcome = Monitor<Result?>(nil)
    guard enqueue({ outcome.update { $0 = body() } }) else { return nil }
    return outcome.wait { $0 }
  }

  /// Closes everything that is left on the loop, ends its thread and waits for that. Not from the loop; once is enough.
  public func stop() {
    enqueue { [self] in close() }
    running.withLock { thread in
      let ended = thread
      thread = nil
      return ended
    }?.join()
  }

  private func run() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    uv_run(loop, UV_RUN_DEFAULT)
    uv_loop_close(loop)
  }

  private func work() {
    let work = mailbox.withLock { mailbox in
      let work = mailbox.work
      mailbox.work = []
      return work
    }
    for item in work { item() }
  }

  private func close() {
    mailbox.withLock { $0.isOpen = false }
    uv_walk(
      loop,
      { handle, _ in
        guard let handle, handle.pointee.type != UV_ASYNC, let data = handle.pointee.data else { return }
        Unmanaged<Handle>.fromOpaque(data).takeUnretainedValue().close()
      }, nil)
    uv_close(UnsafeMutableRawPointer(wakeUp).assumingMemoryBound(to: uv_handle_t.self), nil)
  }
}
