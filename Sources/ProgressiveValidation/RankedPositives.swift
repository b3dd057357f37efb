import AttentionalFM

/// What progressive validation says of how positives ranked among candidates that were sampled for them, before they
/// were learned.
public struct RankingSummary: Codable, Equatable, Sendable {
  /// How many positives were ranked.
  public var events: UInt64

  /// The share of them among the first ten; nil before the first weight.
  public var hitRate: Double?

  /// The mean of `1 / log2(1 + place)` of those among the first ten, 0 for the others (NDCG at 10 with one relevant
  /// item); nil before the first weight.
  public var ndcg: Double?
}

/// The weighted sums over the positives that were ranked.
struct RankingSums: WeightedSums {
  /// So many places count.
  static let places = 10

  /// `1 / log2(1 + place)` for the places from 1 on.
  static let gains = (1...places).map { PortableMath.log(2) / PortableMath.log(Double($0 + 1)) }

  var events: UInt64 = 0
  var weight = 0.0
  var hits = 0.0
  var gain = 0.0

  /// Adds a positive that so many candidates came before.
  mutating func add(ahead: Int, importance: Double) {
    events &+= 1
    weight += importance
    guard ahead < RankingSums.places else { return }
    hits += importance
    gain += importance * RankingSums.gains[max(0, ahead)]
  }

  var summary: RankingSummary? {
    guard events > 0 else { return nil }
    return RankingSummary(
      events: events, hitRate: weight > 0 ? hits / weight : nil, ndcg: weight > 0 ? gain / weight : nil)
  }

  var numbers: [Double] { [weight, hits, gain] }

  static let numberCount = 3

  init() {}

  init(events: UInt64, numbers: [Double]) {
    self.events = events
    weight = numbers[0]
    hits = numbers[1]
    gain = numbers[2]
  }
}

/// Ranked positives over the whole run, the open window and the last one that ended.
typealias RankedPositives = RunAndWindow<RankingSums>

extension RunAndWindow<RankingSums> {
  mutating func add(ahead: Int, importance: Float) {
    run.add(ahead: ahead, importance: Double(importance))
    window.add(ahead: ahead, importance: Double(importance))
  }
}
