/// The calibration of scores.
public struct CalibrationReport: Codable, Equatable, Sendable {
  /// `platt` or `isotonic`.
  public var kind: String
  /// Events it was learned from.
  public var events: UInt64
  /// Platt's scale of the raw score; absent for another kind.
  public var scale: Double?
  /// Platt's shift of the raw score; absent for another kind.
  public var shift: Double?

  /// Makes a report; figures that are not finite are left out.
  public init(kind: String, events: UInt64, scale: Double?, shift: Double?) {
    self.kind = kind
    self.events = events
    self.scale = finite(scale)
    self.shift = finite(shift)
  }
}
