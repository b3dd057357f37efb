import BenchmarkSupport

/// The least processor time of a piece of work: what it costs when nobody disturbs it.
enum Shortest {
  /// Nanoseconds of one call of `work`, the least of many rounds that last about 100 us each.
  static func nanoseconds(rounds: Int = 300, _ work: () -> Void) -> Double {
    var calls = 1
    while calls < 1 << 20, time(calls, work) < 100_000 { calls *= 2 }
    var least = UInt64.max
    for _ in 0..<rounds { least = min(least, time(calls, work)) }
    return Double(least) / Double(calls)
  }

  @inline(__always)
  private static func time(_ calls: Int, _ work: () -> Void) -> UInt64 {
    let start = Clock.threadCPU
    for _ in 0..<calls { work() }
    return Clock.threadCPU - start
  }
}
