import Glibc

/// The monotonic clock: triggers and durations only, never part of what is learned.
enum MonotonicTime {
  /// Nanoseconds since some moment before the process started.
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
  }
}
