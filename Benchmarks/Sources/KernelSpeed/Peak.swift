import CFMAPeak

/// What this core's multiply-adds reach at most, in GFLOP/s.
struct Peak {
  /// With vectors of 4 (NEON), 8 (AVX2) and 16 lanes (AVX-512); 0 where there are none.
  let neon, avx2, avx512: Double

  /// The one that figures are compared with.
  var reference: Double { max(neon, avx2) }

  /// The best of what was seen before and now: a core that is disturbed or not yet at its full clock shows less.
  static func measure(_ before: Peak? = nil) -> Peak {
    Peak(
      neon: max(before?.neon ?? 0, best(lanes: 4)), avx2: max(before?.avx2 ?? 0, best(lanes: 8)),
      avx512: max(before?.avx512 ?? 0, best(lanes: 16)))
  }

  private static func best(lanes: Int32) -> Double {
    let rounds: UInt64 = 20_000
    let operations = fma_peak(lanes, rounds)
    guard operations > 0 else { return 0 }
    return Double(operations) / Shortest.nanoseconds(rounds: 200) { _ = fma_peak(lanes, rounds) }
  }
}
