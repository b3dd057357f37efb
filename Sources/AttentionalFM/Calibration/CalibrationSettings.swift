/// How the raw score is calibrated before it is answered; the model itself learns from the uncalibrated one.
public struct CalibrationSettings: Codable, Equatable, Sendable {
  /// The form of the calibration.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// A scale and a shift of the raw score, learned on the stream.
    case platt
    /// A rising curve through the mean labels of bins of raw scores.
    case isotonic
  }

  /// The form.
  public var kind: Kind
  /// Platt: Adagrad's rate for scale and shift.
  public var rate: Float
  /// Platt: where the two Adagrad sums start; above 0.
  public var initialAccumulator: Float
  /// Isotonic: the events after which the curve is drawn anew; at least 1.
  public var refreshEvents: Int
  /// Isotonic: the events after which a past event counts half, in steps of `refreshEvents`; nil for never.
  public var halfLifeEvents: Int?

  /// Makes settings.
  public init(
    kind: Kind, rate: Float = 0.05, initialAccumulator: Float = 1, refreshEvents: Int = 1000,
    halfLifeEvents: Int? = nil
  ) {
    self.kind = kind
    self.rate = rate
    self.initialAccumulator = initialAccumulator
    self.refreshEvents = refreshEvents
    self.halfLifeEvents = halfLifeEvents
  }

  /// How many floats say what the calibration does: see `CalibrationCurve`.
  package var curveCount: Int {
    switch kind {
    case .platt: 2
    case .isotonic: 2 * IsotonicBins.count
    }
  }
}
