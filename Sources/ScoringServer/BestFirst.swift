// Unsafe memory: 256 places of a temporary allocation, indexed by bytes, all of them initialised first.

/// The best of many scores, with their positions: all of them, or a number of the best in a heap of that size.
///
/// Higher scores are better; of equal ones the one with the lower position is; one that is not finite is worse than any
/// that is. Allocates nothing once it has grown.
struct BestFirst {
  /// The better, the smaller: the score's order in the upper half, the position in the lower.
  private var keys: [UInt64] = []
  private var spare: [UInt64] = []
  private var limit = Int.max

  /// Forgets everything; the `limit` best are kept from now on.
  mutating func begin(limit: Int) {
    keys.removeAll(keepingCapacity: true)
    self.limit = max(limit, 0)
  }

  /// Takes a score.
  mutating func add(_ score: Float, position: UInt32) {
    let key = UInt64(Self.order(score)) &<< 32 | UInt64(position)
    if keys.count < limit {
      keys.append(key)
      if keys.count == limit { makeHeap() }
    } else if let worst = keys.first, key < worst {
      keys[0] = key
      sink(0)
    }
  }

  /// Calls with the position of each score kept, the best first. Nothing may be taken after it.
  mutating func forEach(_ body: (Int) -> Void) {
    // Without a heap they stand by position, as a sort by score alone is to leave equal ones.
    if keys.count < limit { sortByScore() } else { keys.sort() }
    for key in keys { body(Int(truncatingIfNeeded: key & 0xFFFF_FFFF)) }
  }

  /// A number that is the smaller the better the score.
  private static func order(_ score: Float) -> UInt32 {
    guard score.isFinite else { return .max }
    // Both zeros are one score.
    let bits = score == 0 ? 0 : score.bitPattern
    return bits & 0x8000_0000 != 0 ? bits : 0x7FFF_FFFF - bits
  }

  /// Sorts by the upper half, byte by byte from the lowest; equal ones keep their order.
  private mutating func sortByScore() {
    spare.removeAll(keepingCapacity: true)
    spare.append(contentsOf: keys)
    for shift in stride(from: UInt64(32), to: 64, by: 8) {
      withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { places in
        places.initialize(repeating: 0)
        for key in keys { places[Int(key &>> shift & 255)] &+= 1 }
        var next = 0
        for byte in 0..<256 {
          let count = places[byte]
          places[byte] = next
          next &+= count
        }
        for key in keys {
          let byte = Int(key &>> shift & 255)
          spare[places[byte]] = key
          places[byte] &+= 1
        }
      }
      swap(&keys, &spare)
    }
  }

  private mutating func makeHeap() {
    for parent in stride(from: keys.count / 2 - 1, through: 0, by: -1) { sink(parent) }
  }

  /// Brings the key at a place down to where no worse one is below it.
  private mutating func sink(_ place: Int) {
    var parent = place
    while true {
      var worst = parent
      let first = 2 * parent + 1
      for child in first..<min(first + 2, max(first, keys.count)) where keys[child] > keys[worst] {
        worst = child
      }
      if worst == parent { return }
      keys.swapAt(parent, worst)
      parent = worst
    }
  }
}
