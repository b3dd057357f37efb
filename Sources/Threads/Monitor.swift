import Glibc

/// A value under a mutex with a condition: threads wait until it satisfies a predicate.
///
/// `@unchecked Sendable`: the value is reached only under the mutex, inside the closures given to the methods here.
public final class Monitor<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var value: Value

  /// Makes a monitor around a value.
  public init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` with the value and wakes every waiting thread, which looks at it again.
  public func update<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    let result = body(&value)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
    return result
  }

  /// Runs `body` with the value and wakes nobody.
  public func read<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&value)
  }

  /// Waits until `body` gives something and returns that; nil once `milliseconds` have passed (nil waits for ever, 0 or
  /// less not at all).
  ///
  /// What `body` changes is seen by the others; those that wait for it are woken when it gave something.
  ///
  /// - Parameters:
  ///   - milliseconds: how long to wait at most.
  ///   - wakes: looks at the value when `body` gave something, and says whether anybody can be waiting for that.
  ///   - body: looks at the value, and may change it.
  public func wait<Result>(
    milliseconds: Int? = nil, wakes: (Value) -> Bool = { _ in true }, until body: (inout Value) -> Result?
  ) -> Result? {
    var deadline = timespec()
    if let milliseconds = milliseconds.map({ max(0, $0) }) {
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let nanoseconds = deadline.tv_nsec + (milliseconds % 1000) * 1_000_000
      deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
      deadline.tv_nsec = nanoseconds % 1_000_000_000
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&value) {
        if wakes(value) { pthread_cond_broadcast(condition) }
        return result
      }
      if milliseconds == nil {
        pthread_cond_wait(condition, mutex)
      } else if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
        let result = body(&value)
        if result != nil, wakes(value) { pthread_cond_broadcast(condition) }
        return result
      }
    }
  }
}
