import CSystem
import Glibc

/// A thread of its own for work that may wait: learning, reading a source, writing a snapshot, an event loop.
///
/// Nothing that waits runs on Swift's cooperative pool. A thread must be joined exactly once before it is let go.
public final class DedicatedThread: Sendable {
  private let handle: pthread_t

  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: what `top -H` shows, cut to 15 bytes.
  ///   - nice: the thread's nice value, 0 to 19 (Linux keeps one for each thread); a value that the system refuses is
  ///     ignored, since it only shapes scheduling.
  ///   - body: the thread's work.
  public init(name: String, nice: Int32 = 0, body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(name: name, nice: nice, body: body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        afm_describe_thread(String(start.name.prefix(15)), start.nice)
        start.body()
        return nil
      }, start.toOpaque())
    precondition(code == 0, "the system refused a thread: error \(code)")
    handle = thread
  }

  /// Waits for the thread to end.
  public func join() {
    pthread_join(handle, nil)
  }

  private final class Start: Sendable {
    let name: String
    let nice: Int32
    let body: @Sendable () -> Void

    init(name: String, nice: Int32, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.nice = nice
      self.body = body
    }
  }
}
