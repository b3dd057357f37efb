/// The implicit step: the gradient is taken where the step leads to, to the first order.
///
/// The gain below has the sums that the explicit gradient would leave. Where that gradient's square is large beside them
/// (a large x or importance) the smaller step that is taken still leads further than the gain says, and can overshoot.
///
/// A step against the gradient `g = dL/dy` of an event moves its score, to the first order, from `y` to `y - g D` with
/// the gain `D = sum (dy/dtheta)^2 rate / sqrt(G + (g dy/dtheta)^2)`. The implicit step solves `y' = y - g' D` with
/// `g' = dL/dy'` instead. Every gradient of the event is proportional to `g`, so `g' / g` says all.
extension Loss {
  /// Steps of log loss up to this size are taken on the series of `l'` around `y`, where `D l''` is at most 1.
  private static let longestOfSeries = 0.1
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
    // These divisions wait for nothing; after the sum they would wait for it.
    let share = Double(importance) / g
    let gain = stepSum * (share / g)
    guard gain.isFinite, gain > 0 else { return 1 }
    switch self {
    // From before the label squared error's step leads to before it: there the hinge is the same.
    case .squared, .squaredHinge: return Float(1 / (1 + 2 * gain))
    case .logistic, .ranking:
      let slope = implicitSlope(raw: Double(raw), target: Double(target(label)), tail: tail, gain)
      return Float(min(max(share * slope, 0), 1))
    }
  }

  /// `l'(y')` of log loss where `y' = y - D l'(y')`.
  private func implicitSlope(raw: Double, target: Double, tail: Double, _ gain: Double) -> Double {
    let (slope, curvature, tilt) = slopes(raw, target: target, tail: tail)
    let inverse = 1 / (1 + gain * curvature)
    let first = gain * slope * inverse
    guard first.magnitude <= Self.longestOfSeries, gain * curvature <= 1 else {
      return implicitSlope(from: raw, target: target, slope: slope, first: first, gain)
    }
    // l'(y - d) = l' - d (l'' - d (l''' / 2 - d l'''' / 6)): d by two of Newton's steps, without another division.
    let second = tilt * curvature / 2
    let third = curvature * (1 - 6 * curvature) / 6
    let excess = gain * first * first * (second - first * third)
    let step = first + excess * inverse * (1 + 2 * gain * first * second * inverse)
    return slope - step * (curvature - step * (second - step * third))
  }

  /// The same for any step: Newton's iteration, kept between `y` and `y - D l'(y)`, where the root is since `l'` rises.
  private func implicitSlope(
    from raw: Double, target: Double, slope start: Double, first: Double, _ gain: Double
  ) -> Double {
    var low = min(raw, raw - gain * start)
    var high = max(raw, raw - gain * start)
    var (y, slope, step) = (raw, start, first)
    for _ in 0..<Self.mostSteps {
      y -= step
      if !(y > low && y < high) { y = low + (high - low) / 2 }
      let curvature: Double
      (slope, curvature, _) = slopes(y, target: target, tail: PortableMath.exp(-y.magnitude))
      let excess = y - raw + gain * slope
      step = excess / (1 + gain * curvature)
      if step.magnitude <= Self.closeEnough { return slope - curvature * step }
      if excess > 0 { high = y } else { low = y }
    }
    return slope
  }

  /// The first two derivatives of log loss, and the third over the second.
  @inline(__always)
  private func slopes(_ y: Double, target: Double, tail: Double) -> (Double, Double, Double) {
    let greater = 1 / (1 + tail)
    let lesser = tail * greater
    let (up, down) = y >= 0 ? (greater, lesser) : (lesser, greater)
    return ((1 - target) * up - target * down, greater * lesser, down - up)
  }
}
