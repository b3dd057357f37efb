import AttentionalFM
import Features

/// Events of exactly ten categorical features, one of each field, that a table of 2^20 slots knows.
struct EventStream {
  static let fields = 10
  static let tableSlots = 1 << 20

  let name: String
  /// The features of all events, ten by ten.
  let features: [Feature]
  let labels: [Float]
  /// One event after another that together hold every feature there is, each once.
  let everyFeature: [Feature]

  var count: Int { labels.count }

  /// Makes so many events over so many different features.
  ///
  /// - Parameter isSkewed: whether a feature's frequency falls as one over its rank, rather than all being equal.
  init(_ name: String, count: Int, distinct: Int, isSkewed: Bool) {
    self.name = name
    let values = distinct / Self.fields
    func feature(_ field: Int, _ value: Int) -> Feature {
      Feature(
        hash: Draws.bits(seed: 7, stream: UInt64(field), index: UInt64(value)), value: 1, field: UInt16(field))
    }
    // The inverse of the integral of 1 / (1 + rank) gives a rank that falls off as Zipf's law has it.
    func value(_ bits: UInt64) -> Int {
      let uniform = Double(bits >> 11) * 0x1p-53
      let rank =
        isSkewed ? PortableMath.exp(uniform * PortableMath.log(Double(values + 1))) - 1 : uniform * Double(values)
      return min(values - 1, Int(rank))
    }
    var features: [Feature] = []
    features.reserveCapacity(count * Self.fields)
    for event in 0..<count {
      for field in 0..<Self.fields {
        features.append(feature(field, value(Draws.bits(seed: 9, stream: UInt64(event), index: UInt64(field)))))
      }
    }
    self.features = features
    labels = (0..<count).map { Draws.bits(seed: 11, stream: 0, index: UInt64($0)) % 4 == 0 ? 1 : 0 }
    everyFeature = (0..<values).flatMap { value in (0..<Self.fields).map { feature($0, value) } }
  }
}
