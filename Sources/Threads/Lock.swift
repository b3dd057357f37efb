import Glibc

/// A mutual-exclusion lock around a value: a POSIX mutex, which ThreadSanitizer understands on Linux.
///
/// Held only for a few instructions, never across a system call that may wait.
///
/// `@unchecked Sendable`: the value is reached only inside `withLock`, under the mutex, and `withLock` neither takes
/// nor returns anything that could share it (`Value` is `Sendable`).
public final class Lock<Value: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  /// Makes an unlocked lock around a value.
  public init(_ value: Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deinitialize(count: 1)
    mutex.deallocate()
  }

  /// Runs `body` with the value while no other thread can reach it.
  public func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
