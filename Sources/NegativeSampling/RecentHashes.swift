/// A bounded set of hashes; where it is full, the one that was touched longest ago makes room.
///
/// A hash keeps its place as long as it is in the set. Touching allocates nothing once the set is full.
struct RecentHashes: Sendable {
  /// What touching a hash came to.
  struct Touch: Equatable {
    /// Its place.
    var place: Int
    /// Whether it was not in the set before; then whatever stood at its place is gone.
    var isNew: Bool
  }

  private static let nowhere: Int32 = -1

  /// How many hashes there may be.
  let capacity: Int

  /// The hashes by place.
  private(set) var hashes: [UInt64] = []

  private var places: [UInt64: Int32] = [:]
  /// By place, the place of the hash that was touched next after it, or before it.
  private var later: [Int32] = []
  private var earlier: [Int32] = []
  private var latest = RecentHashes.nowhere
  private var earliest = RecentHashes.nowhere

  /// Starts without a hash.
  init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  /// How many hashes there are.
  var count: Int { hashes.count }

  /// The place of a hash; nil where it is not in the set.
  func place(of hash: UInt64) -> Int? { places[hash].map(Int.init) }

  /// Makes a hash the latest, putting it into the set where it is not.
  mutating func touch(_ hash: UInt64) -> Touch {
    if let place = places[hash] {
      if place != latest {
        unlink(place)
        append(place)
      }
      return Touch(place: Int(place), isNew: false)
    }
    let place: Int32
    if hashes.count < capacity {
      place = Int32(truncatingIfNeeded: hashes.count)
      hashes.append(hash)
      later.append(RecentHashes.nowhere)
      earlier.append(RecentHashes.nowhere)
    } else {
      place = earliest
      unlink(place)
      places[hashes[Int(place)]] = nil
      hashes[Int(place)] = hash
    }
    places[hash] = place
    append(place)
    return Touch(place: Int(place), isNew: true)
  }

  /// The places in the order in which they were touched, the longest ago first; a cold path.
  var order: [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(count)
    var place = earliest
    while place != RecentHashes.nowhere {
      order.append(UInt32(place))
      place = later[Int(place)]
    }
    return order
  }

  /// Goes on from hashes saved by place, and the order of their places; keeps the latest where there are too many.
  ///
  /// - Returns: the set, and for each of its places the place it had; nil where the two lists do not fit together.
  static func restored(
    _ hashes: [UInt64], order: [UInt32], capacity: Int
  ) -> (set: RecentHashes, places: [Int])? {
    guard hashes.count == order.count, Set(hashes).count == hashes.count, Set(order).count == order.count,
      order.allSatisfy({ $0 < hashes.count })
    else { return nil }
    var set = RecentHashes(capacity: capacity)
    let kept = order.suffix(set.capacity).map(Int.init)
    let places = kept.sorted()
    for (place, old) in places.enumerated() {
      set.hashes.append(hashes[old])
      set.places[hashes[old]] = Int32(truncatingIfNeeded: place)
    }
    set.later = Array(repeating: nowhere, count: places.count)
    set.earlier = set.later
    for old in kept { if let place = set.places[hashes[old]] { set.append(place) } }
    return (set, places)
  }

  private mutating func append(_ place: Int32) {
    earlier[Int(place)] = latest
    later[Int(place)] = RecentHashes.nowhere
    if latest == RecentHashes.nowhere { earliest = place } else { later[Int(latest)] = place }
    latest = place
  }

  private mutating func unlink(_ place: Int32) {
    let (before, after) = (earlier[Int(place)], later[Int(place)])
    if before == RecentHashes.nowhere { earliest = after } else { later[Int(before)] = after }
    if after == RecentHashes.nowhere { latest = before } else { earlier[Int(after)] = before }
  }
}
