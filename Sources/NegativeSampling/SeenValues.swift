/// The values that each of the users seen lately was lately seen with. Noting allocates nothing once there are as many
/// users as there may be.
struct SeenValues: Sendable {
  private(set) var users: RecentHashes

  /// How many values are remembered for each user.
  let recent: Int

  /// For each user `recent` places, of which the first `counts` hold values, the latest last.
  private(set) var values: [UInt64] = []
  private(set) var counts: [UInt32] = []

  /// Starts without a user.
  init(capacity: Int, recent: Int) {
    users = RecentHashes(capacity: capacity)
    self.recent = max(1, recent)
  }

  /// Notes that a user was seen with a value.
  mutating func note(_ user: UInt64, with value: UInt64) {
    let touch = users.touch(user)
    if touch.place == counts.count {
      counts.append(0)
      values.append(contentsOf: repeatElement(0, count: recent))
    } else if touch.isNew {
      counts[touch.place] = 0
    }
    let start = touch.place * recent
    let count = Int(counts[touch.place])
    let known = (start..<(start + count)).first { values[$0] == value }
    // What comes after the value's old place, or after the oldest where there is no room, moves up.
    let gap = known ?? (count < recent ? start + count : start)
    let last = known == nil && count < recent ? gap : start + count - 1
    for place in gap..<max(gap, last) { values[place] = values[place + 1] }
    values[last] = value
    if known == nil, count < recent { counts[touch.place] += 1 }
  }

  /// The values that a user was lately seen with, by position in `values`.
  func range(of user: UInt64) -> Range<Int> {
    guard let place = users.place(of: user) else { return 0..<0 }
    let start = place * recent
    return start..<(start + Int(counts[place]))
  }

  /// Whether a value is among those at some positions.
  func holds(_ value: UInt64, in positions: Range<Int>) -> Bool {
    for position in positions where values[position] == value { return true }
    return false
  }

  /// Goes on from what was saved: for each user the number of his values, and the values one user after the other; nil
  /// where it does not fit together.
  init?(
    capacity: Int, recent: Int, users: [UInt64], order: [UInt32], counts: [UInt32], values: [UInt64]
  ) {
    guard counts.count == users.count, counts.reduce(UInt64(0), { $0 + UInt64($1) }) == UInt64(values.count),
      let (set, places) = RecentHashes.restored(users, order: order, capacity: capacity)
    else { return nil }
    self.init(capacity: capacity, recent: recent)
    self.users = set
    var starts: [Int] = []
    var next = 0
    for count in counts {
      starts.append(next)
      next += Int(count)
    }
    for old in places {
      let kept = values[starts[old]..<(starts[old] + Int(counts[old]))].suffix(self.recent)
      self.counts.append(UInt32(truncatingIfNeeded: kept.count))
      self.values.append(contentsOf: kept)
      self.values.append(contentsOf: repeatElement(0, count: self.recent - kept.count))
    }
  }

  /// The values of all users, one user after the other, without the places that hold none.
  var packedValues: [UInt64] {
    counts.indices.flatMap { values[($0 * recent)..<($0 * recent + Int(counts[$0]))] }
  }
}
