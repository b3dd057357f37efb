import BenchmarkSupport
import CFMAPeak

/// What a piece of work costs when nobody disturbs it.
struct Shortest {
  /// Nanoseconds of processor time of one call, the least of all rounds.
  let nanoseconds: Double
  /// Nanoseconds of one call times the peak of the same moment in operations a nanosecond, the median of all rounds:
  /// as many operations as the core could have done. A core changes its clock faster than a run lasts.
  let possibleOperations: Double

  /// Measures `work` in rounds of about 60 us, each beside one of the peak.
  init(rounds: Int = 300, _ work: () -> Void) {
    var calls = 1
    while calls < 1 << 20, Self.time(calls, work) < 60_000 { calls *= 2 }
    var least = UInt64.max
    var possible: [Double] = []
    for _ in 0..<rounds {
      let start = Clock.threadCPU
      let operations = Double(fma_peak(Reference.lanes, 10_000))
      let peak = Clock.threadCPU - start
      let own = Self.time(calls, work)
      least = min(least, own)
      possible.append(Double(own) / Double(calls) * operations / Double(max(1, peak)))
    }
    nanoseconds = Double(least) / Double(calls)
    possibleOperations = Numbers.median(possible)
  }

  @inline(__always)
  private static func time(_ calls: Int, _ work: () -> Void) -> UInt64 {
    let start = Clock.threadCPU
    for _ in 0..<calls { work() }
    return Clock.threadCPU - start
  }
}
