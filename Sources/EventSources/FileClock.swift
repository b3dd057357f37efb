/// The time by which followed files are looked at; tests bring their own.
public struct FileClock: Sendable {
  /// Milliseconds that never go back.
  var milliseconds: @Sendable () -> Int64
  /// Nanoseconds since 1970, as files carry them.
  var wallNanoseconds: @Sendable () -> Int64
  /// Lets the thread wait so many milliseconds.
  var wait: @Sendable (Int64) -> Void

  /// The machine's.
  public static let system = FileClock(
    milliseconds: monotonicMilliseconds,
    wallNanoseconds: wallClockNanoseconds,
    wait: sleep(milliseconds:))
}
