import AttentionalFM
import Features

/// The distinct values of a field that were seen lately, each with how often, and with the features that go with it.
///
/// Noting a value that is known allocates nothing, unless more features go with it than before.
struct ValueReservoir: Sendable {
  /// The hashes of the values' features.
  private(set) var values: RecentHashes

  /// By place, how often the value was seen since it is known.
  private(set) var counts: [UInt64] = []

  /// By place, the value's feature and those that go with it, as they were when it was last seen.
  private(set) var features: [[Feature]] = []

  private let power: Double
  private var tree = WeightTree()

  /// Starts without a value.
  init(capacity: Int, power: Double) {
    values = RecentHashes(capacity: capacity)
    self.power = power
  }

  /// How many values there are.
  var count: Int { values.count }

  /// Notes that a value was seen.
  ///
  /// - Parameters:
  ///   - hash: the hash of its feature.
  ///   - features: its feature and those that go with it.
  mutating func note(_ hash: UInt64, _ features: some Collection<Feature>) {
    let touch = values.touch(hash)
    let place = touch.place
    if place == counts.count {
      counts.append(1)
      self.features.append(Array(features))
      if power > 0 { tree.append(weight(1)) }
      return
    }
    let count = touch.isNew ? 1 : counts[place] &+ 1
    if power > 0 { tree.change(place, from: weight(counts[place]), to: weight(count)) }
    counts[place] = count
    self.features[place].removeAll(keepingCapacity: true)
    self.features[place].append(contentsOf: features)
  }

  /// The place that random bits choose: each alike, or in proportion to the weights. There must be a value.
  func place(for bits: UInt64, isUniform: Bool) -> Int {
    if isUniform || power == 0 {
      return Int(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(count)).high)
    }
    return tree.place(of: bits.multipliedFullWidth(by: tree.total).high)
  }

  /// `count^power`, in units of 2^-16: whole numbers, so that their sums are exact.
  private func weight(_ count: UInt64) -> UInt64 {
    // Beyond this the sum of all could not be held.
    let count = min(count, 1 << 40)
    if power == 1 { return count << 16 }
    let root = PortableMath.exp(power * PortableMath.log(Double(count)))
    return max(1, UInt64((65_536 * root).rounded()))
  }

  /// Goes on from what was saved by place; nil where it does not fit together.
  init?(
    capacity: Int, power: Double, hashes: [UInt64], order: [UInt32], counts: [UInt64], features: [[Feature]]
  ) {
    guard counts.count == hashes.count, features.count == hashes.count,
      let (set, places) = RecentHashes.restored(hashes, order: order, capacity: capacity)
    else { return nil }
    self.init(capacity: capacity, power: power)
    values = set
    for old in places {
      self.counts.append(counts[old])
      self.features.append(features[old])
      if power > 0 { tree.append(weight(counts[old])) }
    }
  }
}
