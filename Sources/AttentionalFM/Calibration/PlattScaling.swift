/// A scale and a shift of the raw score: `y' = scale y + shift`, learned by Adagrad on the log loss of `y'`.
///
/// All in Double with portable functions: the same events give the same bits on every machine.
struct PlattScaling: Sendable, Equatable {
  /// The scale never falls below this, so that a higher raw score is never answered as a lower one.
  static let leastScale = 0.01

  var scale = 1.0
  var shift = 0.0
  var scaleAccumulator: Double
  var shiftAccumulator: Double

  init(initialAccumulator: Float) {
    scaleAccumulator = Double(initialAccumulator)
    shiftAccumulator = Double(initialAccumulator)
  }

  /// Learns a label that is 0 to 1, of a raw score that the model gave before it learned the event.
  ///
  /// With `g = c (sigmoid(y') - t)` the gradients are `g y` and `g`.
  mutating func learn(raw: Double, target: Double, importance: Double, rate: Double) {
    let g = importance * (PortableMath.sigmoid(scale * raw + shift) - target)
    var moved = self
    moved.scaleAccumulator += (g * raw) * (g * raw)
    moved.shiftAccumulator += g * g
    moved.scale -= rate * (g * raw) / moved.scaleAccumulator.squareRoot()
    moved.shift -= rate * g / moved.shiftAccumulator.squareRoot()
    moved.scale = max(moved.scale, PlattScaling.leastScale)
    if moved.isFinite { self = moved }
  }

  /// Whether the numbers can be gone on from, as floats too.
  var isFinite: Bool {
    Float(scale).isFinite && Float(shift).isFinite && scaleAccumulator.isFinite && shiftAccumulator.isFinite
      && scaleAccumulator > 0 && shiftAccumulator > 0 && scale >= PlattScaling.leastScale
  }

  /// The calibrated score, as it is answered.
  static func calibrated(_ raw: Float, scale: Float, shift: Float) -> Float {
    Float(Double(scale) * Double(raw) + Double(shift))
  }
}
