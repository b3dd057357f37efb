import CAFMKernels

/// What some pairs of one event add up to. Sums of pairs that were computed apart merge as in online softmax, so that
/// the pairs among a context's features need to be computed once for all candidates.
package struct PairSums {
  let c: afm_pair_sums

  /// The sums of no pairs.
  package init() {
    c = afm_pair_sums()
  }

  init(_ c: afm_pair_sums) {
    self.c = c
  }

  /// The number of pairs.
  package var count: Int { Int(c.pairs) }

  /// The interaction term of an event whose pairs are those of both: `s P / S` with attention, else `P`, where
  /// `m = max(m1, m2)`, `S = S1 e^(m1 - m) + S2 e^(m2 - m)`, and `P` likewise.
  package func interaction(with other: PairSums, _ layout: afm_layout) -> Double {
    let pairs = count + other.count
    guard pairs > 0 else { return 0 }
    guard layout.t > 0 else { return c.weighted + other.c.weighted }
    let merged = merged(with: other)
    let scale = layout.scales_by_pairs != 0 ? Double(pairs) : 1
    return scale * merged.weighted / merged.exponentials
  }

  private func merged(with other: PairSums) -> (exponentials: Double, weighted: Double) {
    if other.count == 0 { return (c.exponentials, c.weighted) }
    if count == 0 { return (other.c.exponentials, other.c.weighted) }
    let (high, low) = c.greatest >= other.c.greatest ? (c, other.c) : (other.c, c)
    let factor = PortableMath.exp(Double(low.greatest) - Double(high.greatest))
    return (high.exponentials + low.exponentials * factor, high.weighted + low.weighted * factor)
  }
}
