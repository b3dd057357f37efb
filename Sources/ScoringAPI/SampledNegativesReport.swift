/// The negatives that are drawn for positive events, and what they are drawn from. Where this is there, scores and the
/// figures of progressive validation are relative to the sampled stream.
public struct SampledNegativesReport: Codable, Equatable, Sendable {
  /// Negatives drawn.
  public var negatives: UInt64
  /// Negatives that could not be drawn, since too few other values were known.
  public var missed: UInt64
  /// Distinct values to draw from.
  public var values: UInt64
  /// How many there may be.
  public var capacity: UInt64
  /// Users whose lately seen values are remembered.
  public var users: UInt64

  /// Makes a report.
  public init(negatives: UInt64, missed: UInt64, values: UInt64, capacity: UInt64, users: UInt64) {
    self.negatives = negatives
    self.missed = missed
    self.values = values
    self.capacity = capacity
    self.users = users
  }
}
