import Features

/// A sampler's state as lists, for a snapshot: everything that later draws depend on.
public struct SamplerState: Equatable, Sendable {
  /// Negatives drawn, and those that could not be.
  public var counts: [UInt64] = [0, 0]

  /// The hashes of the values, by place.
  public var values: [UInt64] = []
  /// How often each value was seen.
  public var valueCounts: [UInt64] = []
  /// How many features each value has, its own and those that go with it.
  public var featureCounts: [UInt32] = []
  /// Those features, one value after the other.
  public var features: [Feature] = []

  /// The values' places in the order in which they were seen, the longest ago first.
  public var valueOrder: [UInt32] = []

  /// The hashes of the users, by place.
  public var users: [UInt64] = []
  /// How many values each user is remembered with.
  public var seenCounts: [UInt32] = []
  /// Those values, one user after the other, the latest last.
  public var seenValues: [UInt64] = []

  /// The users' places in the order in which they were seen, the longest ago first.
  public var userOrder: [UInt32] = []

  /// An empty state.
  public init() {}
}

extension NegativeSampler {
  /// What later draws depend on; a cold path.
  public var state: SamplerState {
    var state = SamplerState()
    state.counts = [sampled, missed]
    state.values = reservoir.values.hashes
    state.valueCounts = reservoir.counts
    state.featureCounts = reservoir.features.map { UInt32(truncatingIfNeeded: $0.count) }
    state.features = reservoir.features.flatMap { $0 }
    state.valueOrder = reservoir.values.order
    guard let seen else { return state }
    state.users = seen.users.hashes
    state.seenCounts = seen.counts
    state.seenValues = seen.packedValues
    state.userOrder = seen.users.order
    return state
  }

  /// Goes on from a saved state; what there is no room for any more is left out, the longest unseen first. Where users
  /// are remembered now and were not, or the other way round, that part starts anew.
  ///
  /// - Returns: false where the lists do not fit together; then nothing changed.
  public mutating func restore(_ state: SamplerState) -> Bool {
    guard state.counts.count == 2, state.featureCounts.count == state.values.count,
      state.featureCounts.reduce(UInt64(0), { $0 + UInt64($1) }) == UInt64(state.features.count)
    else { return false }
    var features: [[Feature]] = []
    var start = 0
    for count in state.featureCounts {
      features.append(Array(state.features[start..<(start + Int(count))]))
      start += Int(count)
    }
    guard
      let reservoir = ValueReservoir(
        capacity: settings.reservoir, power: settings.power, hashes: state.values, order: state.valueOrder,
        counts: state.valueCounts, features: features)
    else { return false }
    if settings.users > 0 {
      guard
        let seen = SeenValues(
          capacity: settings.users, recent: settings.recent, users: state.users, order: state.userOrder,
          counts: state.seenCounts, values: state.seenValues)
      else { return false }
      self.seen = seen
    }
    self.reservoir = reservoir
    sampled = state.counts[0]
    missed = state.counts[1]
    return true
  }
}
