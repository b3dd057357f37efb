/// How negatives are drawn for events of which only positive ones are logged.
public struct SamplingSettings: Equatable, Sendable {
  /// Negatives for each positive, 1 to 64.
  public var negatives: Int

  /// How many distinct values may be drawn from; where there are more, those seen longest ago are forgotten.
  public var reservoir: Int

  /// A value is drawn in proportion to how often it was seen, raised to this power, from 0 (each alike) to 1.
  public var power: Double

  /// How many users are remembered with the values they were lately seen with; 0 leaves nothing out but the positive's
  /// own value.
  public var users: Int

  /// How many of these values are remembered for each user.
  public var recent: Int

  /// Makes settings; what is out of its range is held to it.
  public init(
    negatives: Int = 2, reservoir: Int = 10_000, power: Double = 0, users: Int = 100_000, recent: Int = 64
  ) {
    self.negatives = min(max(1, negatives), SamplingSettings.mostNegatives)
    self.reservoir = min(max(2, reservoir), 1 << 28)
    self.power = power.isNaN ? 0 : min(max(0, power), 1)
    self.users = min(max(0, users), 1 << 28)
    self.recent = min(max(1, recent), 4096)
  }

  /// The most negatives for a positive.
  public static let mostNegatives = 64
}

extension SamplingSettings {
  /// The bytes that the reservoir and the users' values take when both are full, where a value comes with `companions`
  /// features of other fields.
  public func bytes(companions: Int) -> UInt64 {
    // A place in a list of hashes: the hash, its entry in the dictionary at three quarters full, two links.
    let place = UInt64(8 + 2 * 16 + 8)
    let value = place &+ UInt64(8 + 8 + 32 + 16 * (1 + max(0, companions)) + 12)
    let user = place &+ UInt64(8 * recent + 4)
    return UInt64(reservoir) &* value &+ UInt64(users) &* user
  }
}
