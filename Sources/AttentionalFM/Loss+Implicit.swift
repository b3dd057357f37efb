/// The implicit step: the gradient is taken where the step leads to, so that no step leads beyond its goal.
///
/// A step against the gradient `g = dL/dy` of an event moves its score, to the first order, from `y` to `y - g D` with
/// the gain `D = sum (dy/dtheta)^2 rate / sqrt(G + (g dy/dtheta)^2)`. The implicit step solves `y' = y - g' D` with
/// `g' = dL/dy'` instead. Every gradient of the event is proportional to `g`, so `g' / g` says all.
extension Loss {
  /// How far a root may still be away: the gradient there is then known to the square of it.
  private static let closeEnough = 1e-3
  /// Enough bisections for any start; Newton's iteration mostly needs one step.
  private static let mostSteps = 100

  /// `g' / g`, between 0 and 1; 1 where there is no gradient, or the gain is not finite.
  ///
  /// - Parameters:
  ///   - gradient: `g`, as `gradient(raw:label:importance:tail:)` gives it.
  ///   - raw: `y`.
  ///   - tail: `tail(raw:)`.
  ///   - stepSum: `g^2 D`: the sum of `rate gradient^2 / sqrt(G + gradient^2)` over the parameters that count.
  func implicitScale(
    gradient: Float, raw: Float, label: Float, importance: Float, tail: Double, stepSum: Double
  ) -> Float {
    let g = Double(gradient)
    let gain = stepSum / (g * g)
    guard gain.isFinite, gain > 0 else { return 1 }
    switch self {
    // From before the label squared error's step leads to before it: there the hinge is the same.
    case .squared, .squaredHinge: return Float(1 / (1 + 2 * Double(importance) * gain))
    case .logistic, .ranking:
      let slope = implicitSlope(raw: Double(raw), target: Double(target(label)), tail: tail, Double(importance) * gain)
      return Float(min(max(Double(importance) * slope / g, 0), 1))
    }
  }

  /// `l'(y')` of log loss where `y' = y - D l'(y')`: Newton's iteration, kept between `y` and `y - D l'(y)`, where the
  /// root is since `l'` rises.
  private func implicitSlope(raw: Double, target: Double, tail: Double, _ gain: Double) -> Double {
    var y = raw
    var (slope, curvature) = slopes(y, target: target, tail: tail)
    let farthest = raw - gain * slope
    var low = min(raw, farthest)
    var high = max(raw, farthest)
    var excess = gain * slope
    for _ in 0..<Self.mostSteps {
      let step = excess / (1 + gain * curvature)
      if step.magnitude <= Self.closeEnough { return slope - curvature * step }
      y -= step
      if !(y > low && y < high) { y = low + (high - low) / 2 }
      (slope, curvature) = slopes(y, target: target, tail: PortableMath.exp(-y.magnitude))
      excess = y - raw + gain * slope
      if excess > 0 { high = y } else { low = y }
    }
    return slope
  }

  /// The first two derivatives of log loss.
  private func slopes(_ y: Double, target: Double, tail: Double) -> (Double, Double) {
    let greater = 1 / (1 + tail)
    let lesser = tail * greater
    return ((1 - target) * (y >= 0 ? greater : lesser) - target * (y >= 0 ? lesser : greater), greater * lesser)
  }
}
