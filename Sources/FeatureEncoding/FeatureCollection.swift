import Features

/// Keeps the features of one event unique and within the limits while they are appended.
struct FeatureCollection {
  private let start: Int
  private let limits: EncodingLimits
  /// One bit for every hash that is there, by its lowest six bits: most events need no search at all.
  private var filter: UInt64 = 0
  private var pairsLeftOut = 0

  init(start: Int, limits: EncodingLimits) {
    self.start = start
    self.limits = limits
  }

  /// Appends a feature, or adds its value to the equal one that is there.
  @inline(__always) mutating func add(_ feature: Feature, to features: inout [Feature]) throws(RejectedRecord) {
    let bit: UInt64 = 1 &<< (feature.hash & 63)
    if filter & bit != 0, let index = features[start...].firstIndex(where: { $0.hash == feature.hash }) {
      features[index].value += feature.value
      return
    }
    filter |= bit
    guard features.count &- start < limits.maximumFeatures else {
      throw RejectedRecord(.tooManyFeatures, "the event has more than \(limits.maximumFeatures) features")
    }
    features.append(feature)
  }

  /// Notes that `count` features of one list form no pairs among themselves.
  mutating func leaveOutPairs(among count: Int) {
    pairsLeftOut &+= count &* (count &- 1) / 2
  }

  /// Checks what can only be known at the end.
  @inline(__always) func finish(
    _ features: [Feature], names: @autoclosure () -> [String]
  ) throws(RejectedRecord) {
    let count = features.count &- start
    if count &* (count &- 1) / 2 &- pairsLeftOut > limits.maximumPairs {
      throw RejectedRecord(.tooManyPairs, "the event has more than \(limits.maximumPairs) feature pairs")
    }
    for index in start..<features.count {
      let magnitude = Double(features[index].value.magnitude)
      guard magnitude <= limits.maximumMagnitude else {
        throw RejectedRecord(
          .valueTooLarge, field: names()[Int(features[index].field)],
          "|x| is \(magnitude), and at most \(limits.maximumMagnitude) is taken")
      }
    }
  }
}
