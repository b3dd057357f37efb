// Unsafe memory: reads and fills the scratch within its counts.

import CAFMKernels

/// How a scratch serves a ranking: the context's features stay in front, one candidate's after the other follow them.
extension EventScratch {
  /// Forgets all features but the first `count`.
  package func keepFeatures(first count: Int) {
    event.pointee.feature_count = Int32(clamping: count)
    event.pointee.pair_count = 0
  }

  /// Forms the pairs that have at least one feature behind the first `context`.
  ///
  /// - Returns: how many there are; more than the scratch has room for means that some were left out.
  package func formPairs(behind context: Int) -> Int {
    guard layout.pointee.k > 0 else { return 0 }
    return Int(afm_form_candidate_pairs(event, within, Int32(clamping: context)))
  }

  /// What the pairs that were formed add up to.
  package func pairSums(_ kernels: Kernels, parameters: UnsafePointer<Float>) -> PairSums {
    var sums = afm_pair_sums()
    afm_sum_pairs(kernels.table, parameters, layout, event, &sums)
    return PairSums(sums)
  }

  /// `sum w x` over the features behind the first `first`, in their order.
  package func linearSum(behind first: Int) -> Double {
    var sum = 0.0
    for n in first..<max(first, Int(event.pointee.feature_count)) {
      sum += Double(event.pointee.weight[n]) * Double(event.pointee.x[n])
    }
    return sum
  }
}
