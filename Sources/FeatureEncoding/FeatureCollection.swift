import Features

// Invariants of the unsafe code in this file:
// - `features` has room for `limits.maximumFeatures` features from `init` to `destroy`, and the first `count` of them
//   are initialized; `add` never goes beyond.

/// Keeps the features of one event unique and within the limits until all of them are there.
struct FeatureCollection {
  /// The features that are there.
  let features: UnsafeMutablePointer<Feature>
  private(set) var count = 0

  private let limits: EncodingLimits
  /// A bit for every hash that is there, by its lowest six bits and by its highest six: nearly no event needs a search.
  private var lowFilter: UInt64 = 0
  private var highFilter: UInt64 = 0
  private var pairsLeftOut = 0
  /// Features that stand elsewhere and count for the limits: the context's, where these are a candidate's.
  private var elsewhere = 0

  /// Makes an empty collection.
  init(limits: EncodingLimits) {
    self.limits = limits
    features = .allocate(capacity: max(1, limits.maximumFeatures))
  }

  /// Frees the features.
  func destroy() {
    features.deallocate()
  }

  /// Forgets the event before.
  @inline(__always) mutating func begin() {
    count = 0
    lowFilter = 0
    highFilter = 0
    pairsLeftOut = 0
    elsewhere = 0
  }

  /// Counts the features of a context, beside which the event at hand is a candidate.
  @inline(__always) mutating func begin(beside context: EncodedContext) {
    begin()
    elsewhere = context.featureCount
    pairsLeftOut = context.pairsLeftOut
  }

  /// Adds a feature, or its value to the equal one that is there.
  @inline(__always) mutating func add(_ feature: Feature) throws(RejectedRecord) {
    let low: UInt64 = 1 &<< (feature.hash & 63)
    let high: UInt64 = 1 &<< (feature.hash &>> 58)
    if lowFilter & low != 0, highFilter & high != 0, let index = index(of: feature.hash) {
      features[index].value += feature.value
      return
    }
    lowFilter |= low
    highFilter |= high
    guard count &+ elsewhere < limits.maximumFeatures else {
      throw RejectedRecord(.tooManyFeatures, "the event has more than \(limits.maximumFeatures) features")
    }
    (features + count).initialize(to: feature)
    count &+= 1
  }

  /// Notes that `count` features of one list form no pairs among themselves.
  mutating func leaveOutPairs(among count: Int) {
    pairsLeftOut &+= count &* (count &- 1) / 2
  }

  /// Checks what can only be known at the end.
  @inline(__always) func finish(names: @autoclosure () -> [String]) throws(RejectedRecord) {
    let all = count &+ elsewhere
    if all &* (all &- 1) / 2 &- pairsLeftOut > limits.maximumPairs {
      throw RejectedRecord(.tooManyPairs, "the event has more than \(limits.maximumPairs) feature pairs")
    }
    for index in 0..<count {
      let magnitude = Double(features[index].value.magnitude)
      guard magnitude <= limits.maximumMagnitude else {
        throw RejectedRecord(
          .valueTooLarge, field: names()[Int(features[index].field)],
          "|x| is \(magnitude), and at most \(limits.maximumMagnitude) is taken")
      }
    }
  }

  @inline(never) private func index(of hash: UInt64) -> Int? {
    for index in 0..<count where features[index].hash == hash { return index }
    return nil
  }
}
