// Unsafe memory. Invariant: the arrays hold `capacity` entries, and `gather` collects at most that many.

/// The field-pair numbers that one event touches, collected into a row that the optimiser works on as a whole.
final class TouchedFieldPairs {
  private let index: UnsafeMutablePointer<Int32>
  private let capacity: Int
  let gradient: AlignedFloats
  let values: AlignedFloats
  let accumulators: AlignedFloats
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    index = .allocate(capacity: max(capacity, 1))
    gradient = AlignedFloats(capacity.padded)
    values = AlignedFloats(capacity.padded)
    accumulators = AlignedFloats(capacity.padded)
  }

  deinit {
    index.deallocate()
  }

  /// Collects every touched number once and puts its gradient back to zero. A gradient of zero moves nothing, so a
  /// number whose gradient is zero counts as not touched; that is also how one collected before is told.
  func gather(
    touched: UnsafePointer<Int32>, pairs: Int, gradient all: UnsafeMutablePointer<Float>,
    values allValues: UnsafePointer<Float>, accumulators allAccumulators: UnsafePointer<Float>
  ) {
    count = 0
    for n in 0..<pairs {
      let r = Int(touched[n])
      if all[r] == 0 { continue }
      index[count] = Int32(r)
      gradient.base[count] = all[r]
      values.base[count] = allValues[r]
      accumulators.base[count] = allAccumulators[r]
      all[r] = 0
      count += 1
    }
    for n in count..<count.padded {
      gradient.base[n] = 0
      values.base[n] = 0
      accumulators.base[n] = 1
    }
  }

  /// Puts the moved numbers back.
  func scatter(values allValues: UnsafeMutablePointer<Float>, accumulators allAccumulators: UnsafeMutablePointer<Float>)
  {
    for n in 0..<count {
      allValues[Int(index[n])] = values.base[n]
      allAccumulators[Int(index[n])] = accumulators.base[n]
    }
  }
}
