import CLibUV

/// A repeating timer of a loop.
public final class Timer: Handle, @unchecked Sendable {
  private var body: (() -> Void)?

  /// Starts a timer that calls `body` on the loop's thread every so many milliseconds.
  public init(loop: EventLoop, everyMilliseconds: UInt64, _ body: @escaping () -> Void) throws(LoopProblem) {
    self.body = body
    super.init(loop: loop, type: UV_TIMER)
    let timer = memory.assumingMemoryBound(to: uv_timer_t.self)
    try LoopProblem.check("make a timer", uv_timer_init(loop.loop, timer))
    adopt()
    let status = uv_timer_start(
      timer, { Handle.owner(Timer.self, of: $0?.pointee.data)?.body?() }, everyMilliseconds, everyMilliseconds)
    if status < 0 {
      close()
      throw LoopProblem("start a timer", status: status)
    }
  }

  override func didClose() {
    body = nil
  }
}
