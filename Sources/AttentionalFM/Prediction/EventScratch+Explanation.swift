// Unsafe memory: reads what the last forward pass left in the scratch, within its counts.

extension EventScratch {
  /// The last forward pass taken apart. The values are the very numbers it summed, so they add up to its raw score.
  package func explanation(bias: Float, unknown: [Int]) -> Explanation {
    let e = event.pointee
    let terms = (0..<Int(e.feature_count)).map { n in
      Explanation.Term(feature: Int(origin[n]), value: Double(e.weight[n]) * Double(e.x[n]))
    }
    let pairs = (0..<Int(e.pair_count)).map { n in
      Explanation.Pair(
        first: Int(origin[Int(e.first[n])]), second: Int(origin[Int(e.second[n])]), attention: e.attention[n],
        fieldPairWeight: configuration.weighsFieldPairs ? e.multiplier[n] : nil,
        value: Double(e.scaled[n]) * Double(e.projected[n]))
    }
    return Explanation(bias: Double(bias), terms: terms, pairs: pairs, raw: e.raw, unknown: unknown)
  }
}
