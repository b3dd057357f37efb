// Unsafe memory. Invariant: a curve's numbers are `curveCount` floats of its settings.

/// What a calibration does to a raw score, as floats that stand among the dense parameters, so that scorers have them of
/// the same moment.
///
/// Platt: scale and shift. Isotonic: the bins' raw scores, rising, then what each of them is answered as, never falling.
/// Both rise with the raw score, so a ranking is the same with and without them, but for ties.
enum CalibrationCurve {
  /// The curve that changes nothing.
  static func identity(_ settings: CalibrationSettings) -> [Float] {
    switch settings.kind {
    case .platt: [1, 0]
    case .isotonic: IsotonicBins.centers + IsotonicBins.centers
    }
  }

  /// The calibrated score of a raw one.
  static func apply(_ kind: CalibrationSettings.Kind, _ numbers: UnsafePointer<Float>, _ raw: Float) -> Float {
    guard raw.isFinite else { return raw }
    switch kind {
    case .platt: return PlattScaling.calibrated(raw, scale: numbers[0], shift: numbers[1])
    case .isotonic: return interpolated(numbers, numbers + IsotonicBins.count, Double(raw))
    }
  }

  /// Between two knots on the straight line through them; beyond the outermost one as far from the raw score as there.
  ///
  /// Each operation is monotone in `raw` also as it is rounded, so the whole never falls.
  private static func interpolated(
    _ knots: UnsafePointer<Float>, _ answers: UnsafePointer<Float>, _ raw: Double
  ) -> Float {
    let last = IsotonicBins.count - 1
    if raw <= Double(knots[0]) {
      return Float(min(raw + (Double(answers[0]) - Double(knots[0])), Double(answers[0])))
    }
    if raw >= Double(knots[last]) {
      return Float(max(raw + (Double(answers[last]) - Double(knots[last])), Double(answers[last])))
    }
    // A bin's knot lies within the bin, so the score is beside the knot of its own bin.
    let bin = IsotonicBins.bin(of: raw)
    let right = raw < Double(knots[bin]) ? bin : min(bin + 1, last)
    let left = max(right - 1, 0)
    let (x0, x1) = (Double(knots[left]), Double(knots[right]))
    let (y0, y1) = (Double(answers[left]), Double(answers[right]))
    guard x1 > x0 else { return Float(y1) }
    return Float(max(y0, min(y0 + (raw - x0) / (x1 - x0) * (y1 - y0), y1)))
  }
}

extension Model {
  /// What a raw score of this model is answered as: itself where no calibration is configured.
  public func calibrated(_ raw: Float) -> Float {
    guard let settings = configuration.calibration else { return raw }
    return CalibrationCurve.apply(settings.kind, dense.values.base + dense.layout.calibration, raw)
  }

  /// Takes over what a calibrator has learned; scorers have it with the next publication of the dense parameters.
  public func calibrate(with calibrator: Calibrator) {
    guard configuration.calibration == calibrator.settings else { return }
    let target = dense.values.base + dense.layout.calibration
    calibrator.withCurve { curve in
      if let start = curve.baseAddress { target.update(from: start, count: curve.count) }
    }
  }
}

extension ModelConfiguration {
  /// What a raw score is answered as, by a copy of the dense parameters.
  ///
  /// - Parameters:
  ///   - raw: the raw score.
  ///   - parameters: the copy.
  ///   - layout: the configuration's own layout.
  package func calibrated(_ raw: Float, parameters: UnsafePointer<Float>, layout: DenseLayout) -> Float {
    guard let calibration else { return raw }
    return CalibrationCurve.apply(calibration.kind, parameters + layout.calibration, raw)
  }
}
