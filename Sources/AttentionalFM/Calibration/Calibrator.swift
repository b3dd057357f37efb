/// Learns how raw scores are to be calibrated, from predictions that were made before their events were learned.
///
/// Its owner tells it every such prediction once its label is known, in order, and hands what it learned to the model
/// (`Model.calibrate(with:)`). Learning an event allocates nothing.
public struct Calibrator: Sendable, Equatable {
  /// What it was made with.
  public let settings: CalibrationSettings

  /// How many events it learned from.
  public private(set) var events: UInt64 = 0

  private var platt: PlattScaling
  private var bins: IsotonicBins?
  private var curve: [Float]

  /// What the sums are multiplied by when the curve is drawn anew.
  private let kept: Double

  /// Starts with the calibration that changes nothing.
  public init(_ settings: CalibrationSettings) {
    self.settings = settings
    platt = PlattScaling(initialAccumulator: settings.initialAccumulator)
    bins = settings.kind == .isotonic ? IsotonicBins() : nil
    curve = CalibrationCurve.identity(settings)
    kept =
      settings.halfLifeEvents.map {
        PortableMath.exp(-0.693147180559945309 * Double(settings.refreshEvents) / Double($0))
      } ?? 1
  }

  /// Learns from one event; one whose numbers are not finite is left out.
  ///
  /// - Parameters:
  ///   - raw: the raw score that the model gave before the event was learned, uncalibrated.
  ///   - label: the label, as for log loss.
  ///   - importance: the event's importance.
  /// - Returns: whether answers may be others from now on.
  @discardableResult
  public mutating func learn(raw: Float, label: Float, importance: Float) -> Bool {
    guard raw.isFinite, label.isFinite, importance.isFinite, importance > 0 else { return false }
    let target = Double(Loss.logistic.target(label))
    events &+= 1
    if settings.kind == .platt {
      platt.learn(raw: Double(raw), target: target, importance: Double(importance), rate: Double(settings.rate))
      curve[0] = Float(platt.scale)
      curve[1] = Float(platt.shift)
      return true
    }
    bins?.add(raw: Double(raw), target: target, importance: Double(importance))
    guard events % UInt64(max(1, settings.refreshEvents)) == 0 else { return false }
    bins?.draw(into: &curve)
    if kept < 1 { bins?.forget(keeping: kept) }
    return true
  }

  /// What it would answer for a raw score.
  public func calibrated(_ raw: Float) -> Float {
    curve.withUnsafeBufferPointer { curve in
      curve.baseAddress.map { CalibrationCurve.apply(settings.kind, $0, raw) } ?? raw
    }
  }

  /// Scale and shift of Platt's calibration; nil for another one.
  public var scaleAndShift: (scale: Double, shift: Double)? {
    settings.kind == .platt ? (platt.scale, platt.shift) : nil
  }

  func withCurve(_ body: (UnsafeBufferPointer<Float>) -> Void) {
    curve.withUnsafeBufferPointer(body)
  }
}

/// The state of a calibrator as plain numbers, for snapshots.
public struct CalibratorState: Equatable, Sendable {
  /// The form of the calibration.
  public var kind: CalibrationSettings.Kind
  /// How many events it learned from.
  public var events: UInt64
  /// Platt: scale, shift, and the Adagrad sum of each. Isotonic: for all bins the sums of
  /// importance x (1 - label), then those of importance x raw score, then those of importance x label.
  public var numbers: [Double]
  /// Isotonic: the curve as it was drawn last. Platt: empty.
  public var curve: [Float]

  /// Makes a state of its parts.
  public init(kind: CalibrationSettings.Kind, events: UInt64, numbers: [Double], curve: [Float]) {
    self.kind = kind
    self.events = events
    self.numbers = numbers
    self.curve = curve
  }
}

extension Calibrator {
  /// Everything that later answers depend on.
  public var state: CalibratorState {
    if let bins {
      return CalibratorState(
        kind: .isotonic, events: events, numbers: bins.rests + bins.raws + bins.labels, curve: curve)
    }
    return CalibratorState(
      kind: .platt, events: events,
      numbers: [platt.scale, platt.shift, platt.scaleAccumulator, platt.shiftAccumulator], curve: [])
  }

  /// Goes on from a saved state of the same kind; a state of another kind is not taken, and `self` unchanged.
  ///
  /// - Throws: `notFinite` where numbers are missing or impossible; `self` is unchanged then.
  public mutating func restore(_ state: CalibratorState) throws(ModelProblem) {
    guard state.kind == settings.kind else { return }
    var restored = Calibrator(settings)
    restored.events = state.events
    switch state.kind {
    case .platt:
      guard state.numbers.count == 4 else { throw .notFinite("calibration") }
      restored.platt.scale = state.numbers[0]
      restored.platt.shift = state.numbers[1]
      restored.platt.scaleAccumulator = state.numbers[2]
      restored.platt.shiftAccumulator = state.numbers[3]
      guard restored.platt.isFinite else { throw .notFinite("calibration") }
      restored.curve = [Float(restored.platt.scale), Float(restored.platt.shift)]
    case .isotonic:
      let count = IsotonicBins.count
      guard state.numbers.count == 3 * count, state.curve.count == 2 * count,
        Calibrator.rises(state.curve[..<count]), Calibrator.rises(state.curve[count...])
      else { throw .notFinite("calibration") }
      var bins = IsotonicBins()
      bins.rests = Array(state.numbers[..<count])
      bins.raws = Array(state.numbers[count..<(2 * count)])
      bins.labels = Array(state.numbers[(2 * count)...])
      guard bins.isSound else { throw .notFinite("calibration") }
      restored.bins = bins
      restored.curve = state.curve
    }
    self = restored
  }

  private static func rises(_ numbers: ArraySlice<Float>) -> Bool {
    numbers.allSatisfy(\.isFinite) && zip(numbers, numbers.dropFirst()).allSatisfy { $0 <= $1 }
  }
}
