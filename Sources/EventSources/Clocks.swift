import Glibc

/// Milliseconds of a clock that never goes back; for intervals alone.
func monotonicMilliseconds() -> Int64 {
  nanoseconds(of: CLOCK_MONOTONIC) / 1_000_000
}

/// Milliseconds since 1970 by the system's clock; for people alone.
package func wallClockMilliseconds() -> Int64 {
  wallClockNanoseconds() / 1_000_000
}

/// Nanoseconds since 1970 by the system's clock, as files carry them.
func wallClockNanoseconds() -> Int64 {
  nanoseconds(of: CLOCK_REALTIME)
}

/// A time as people read it, in UTC.
package func utcText(milliseconds: Int64) -> String {
  var seconds = time_t(milliseconds / 1000)
  var parts = tm()
  gmtime_r(&seconds, &parts)
  var buffer = [CChar](repeating: 0, count: 32)
  let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
  return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Lets the thread wait.
func sleep(milliseconds: Int64) {
  guard milliseconds > 0 else { return }
  var time = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
  nanosleep(&time, nil)
}

private func nanoseconds(of clock: clockid_t) -> Int64 {
  var now = timespec()
  clock_gettime(clock, &now)
  return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
}
