/// How what was learned is forgotten with event time: by half in every half-life, toward where it started.
public struct ForgettingSettings: Codable, Equatable, Sendable {
  /// What falls back.
  public enum Scope: String, Codable, Sendable, CaseIterable {
    /// The sums of all parameters.
    case all
    /// Those of `w0`, `p`, `W`, `b`, `h` and what belongs to pairs of fields; features keep theirs.
    case dense
  }

  /// The time in which half is forgotten, milliseconds of event time.
  public var halfLifeMilliseconds: Int64
  /// Whose Adagrad sums fall back toward the initial accumulator.
  public var scope: Scope
  /// Whether `w` and `v` also fall back, `w` toward 0 and `v` toward its draw; only with the scope `all`.
  public var weights: Bool

  /// The least and the greatest half-life.
  public static let possibleMilliseconds: ClosedRange<Int64> = 60_000...(36_500 * 86_400_000)

  /// Makes settings.
  public init(halfLifeMilliseconds: Int64, scope: Scope = .all, weights: Bool = false) {
    self.halfLifeMilliseconds = halfLifeMilliseconds
    self.scope = scope
    self.weights = weights
  }
}
