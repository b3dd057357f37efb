/// Whole weights by place, drawn from in proportion: a tree of partial sums, exact, so that the same weights give the
/// same draws whatever order they came in.
struct WeightTree: Sendable {
  /// Entry n - 1 holds the sum of the `n & -n` weights that end with the n-th.
  private var sums: [UInt64] = []

  /// The sum of all weights.
  private(set) var total: UInt64 = 0

  /// Appends a weight at the next place.
  mutating func append(_ weight: UInt64) {
    let n = sums.count + 1
    var sum = weight
    var part = n - 1
    let end = n - (n & -n)
    while part > end {
      sum &+= sums[part - 1]
      part -= part & -part
    }
    sums.append(sum)
    total &+= weight
  }

  /// Puts another weight in the place of one.
  mutating func change(_ place: Int, from old: UInt64, to new: UInt64) {
    let difference = new &- old
    if difference == 0 { return }
    total &+= difference
    var n = place + 1
    while n <= sums.count {
      sums[n - 1] &+= difference
      n += n & -n
    }
  }

  /// The place at which the sum of the weights up to it first exceeds a number below `total`.
  func place(of number: UInt64) -> Int {
    var step = 1
    while step * 2 <= sums.count { step *= 2 }
    var place = 0
    var left = number
    while step > 0 {
      let next = place + step
      if next <= sums.count, sums[next - 1] <= left {
        left -= sums[next - 1]
        place = next
      }
      step /= 2
    }
    return min(place, max(0, sums.count - 1))
  }
}
