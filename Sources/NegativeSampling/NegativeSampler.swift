import AttentionalFM
import Features

/// Draws values that a positive event could have had and did not: the negatives of implicit feedback.
///
/// A value is drawn from the reservoir of those seen lately, never the event's own nor one that its user was lately seen
/// with, and each at most once for an event. Every draw is a pure function of the seed, the event's number and what the
/// reservoir holds, so a stream that was stopped and started on the way gives the same negatives. Drawing allocates
/// nothing.
public struct NegativeSampler: Sendable {
  /// What the values are drawn for.
  public enum Purpose: UInt64, Sendable {
    /// To learn from: by the settings' power.
    case learning = 0x6E65_6761_7469_7665
    /// To rank the positive among, each value alike: what is found is comparable between settings.
    case ranking = 0x7261_6E6B_696E_6773
  }

  /// How values are drawn.
  public let settings: SamplingSettings

  /// The places of the values drawn last.
  public private(set) var drawn: [Int] = []

  /// Negatives drawn in all.
  public internal(set) var sampled: UInt64 = 0
  /// Negatives that could not be drawn, since too few other values were known.
  public internal(set) var missed: UInt64 = 0

  var reservoir: ValueReservoir
  var seen: SeenValues?
  private let seed: UInt64
  /// By place, the number of the draw that last took the value: no value is drawn twice for an event. Not saved, since
  /// only the draw at hand looks at it.
  private var takenBy: [UInt32] = []
  private var draw: UInt32 = 0

  /// Starts without a value.
  public init(_ settings: SamplingSettings, seed: UInt64) {
    self.settings = settings
    self.seed = seed
    reservoir = ValueReservoir(capacity: settings.reservoir, power: settings.power)
    seen = settings.users > 0 ? SeenValues(capacity: settings.users, recent: settings.recent) : nil
  }

  /// How many values can be drawn from.
  public var values: Int { reservoir.count }

  /// How many users are remembered.
  public var users: Int { seen?.users.count ?? 0 }

  /// Draws values; `drawn` then has their places.
  ///
  /// Fewer are drawn where fewer are there, or where so few are left that draw after draw hits what is left out.
  ///
  /// - Parameters:
  ///   - count: how many are wanted.
  ///   - value: the hash of the event's own value.
  ///   - user: the hash of its user; nil where it names none.
  ///   - eventNumber: the number of the event.
  ///   - purpose: what they are drawn for.
  public mutating func draw(
    _ count: Int, beside value: UInt64, user: UInt64?, eventNumber: UInt64, for purpose: Purpose
  ) {
    drawn.removeAll(keepingCapacity: true)
    if takenBy.count < reservoir.count {
      takenBy.append(contentsOf: repeatElement(0, count: reservoir.count - takenBy.count))
    }
    draw &+= 1
    if draw == 0 {
      for place in takenBy.indices { takenBy[place] = 0 }
      draw = 1
    }
    let seen = user.map { self.seen?.range(of: $0) ?? 0..<0 } ?? 0..<0
    let attempts = UInt64(16 * count + 64)
    let most = min(count, reservoir.count - (reservoir.values.place(of: value) == nil ? 0 : 1))
    for attempt in 0..<attempts {
      if drawn.count >= most { break }
      let bits = Draws.bits(seed: seed ^ purpose.rawValue, stream: eventNumber, index: attempt)
      let place = reservoir.place(for: bits, isUniform: purpose == .ranking)
      let hash = reservoir.values.hashes[place]
      if hash == value || takenBy[place] == draw || self.seen?.holds(hash, in: seen) == true { continue }
      takenBy[place] = draw
      drawn.append(place)
    }
  }

  /// Counts what was drawn last, once it was learned.
  ///
  /// - Parameter wanted: how many were wanted.
  public mutating func countDrawn(of wanted: Int) {
    sampled &+= UInt64(drawn.count)
    missed &+= UInt64(max(0, wanted - drawn.count))
  }

  /// The feature of the value at a place, and those that go with it.
  public func features(at place: Int) -> [Feature] { reservoir.features[place] }

  /// Notes a value that an event had, with the features that go with it.
  ///
  /// - Parameters:
  ///   - value: the hash of its feature.
  ///   - features: its feature and those that go with it.
  ///   - user: the hash of the user that was seen with it; nil where that does not count.
  public mutating func note(_ value: UInt64, _ features: some Collection<Feature>, user: UInt64?) {
    reservoir.note(value, features)
    if let user { seen?.note(user, with: value) }
  }

  /// How often the value at a place was seen since it is known; for tests and benchmarks.
  package func count(at place: Int) -> UInt64 { reservoir.counts[place] }
}
