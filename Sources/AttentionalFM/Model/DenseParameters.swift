import CAFMKernels

/// The dense parameters `w0, p, b, h, W, r, m` and their Adagrad sums, as the kernels want them.
package final class DenseParameters {
  package let layout: DenseLayout
  /// All parameters, `W` transposed.
  package let values: AlignedFloats
  package let accumulators: AlignedFloats
  package let gradient: AlignedFloats
  /// `W` in panels of 16 columns, kept equal to its transpose in `values`.
  package let projection: AlignedFloats

  /// The first parameters: `p` and `m` ones, `W` and `h` small draws, everything else 0.
  package init(_ configuration: ModelConfiguration) {
    layout = DenseLayout(configuration)
    let c = layout.c
    values = AlignedFloats(Int(c.count))
    accumulators = AlignedFloats(Int(c.count))
    gradient = AlignedFloats(Int(c.count))
    projection = AlignedFloats(Int(c.t) * Int(c.k_padded))
    accumulators.base.update(repeating: configuration.initialAccumulator, count: Int(c.count))
    if c.output >= 0 {
      (values.base + Int(c.output)).update(repeating: 1, count: Int(c.k))
    }
    if c.field_pair_weights >= 0 {
      (values.base + Int(c.field_pair_weights)).update(repeating: 1, count: Int(c.field_pair_count))
    }
    for l in 0..<Int(c.t) {
      for d in 0..<Int(c.k) {
        let bits = Draws.bits(seed: configuration.seed, stream: 1, index: UInt64(l * Int(c.k) + d))
        values.base[layout.projection(l, d)] = Draws.normal(
          bits, scale: configuration.attentionInitialScale)
      }
      values.base[Int(c.attention_output) + l] = Draws.normal(
        Draws.bits(seed: configuration.seed, stream: 2, index: UInt64(l)),
        scale: configuration.attentionInitialScale)
    }
    if let calibration = configuration.calibration {
      let curve = CalibrationCurve.identity(calibration)
      for (index, number) in curve.enumerated() { values.base[layout.calibration + index] = number }
    }
    transpose()
  }

  /// Brings `projection` up to date with `values`.
  package func transpose() {
    if layout.c.t > 0 {
      withUnsafePointer(to: layout.c) {
        afm_transpose(projection.base, values.base + Int($0.pointee.projection_transposed), $0)
      }
    }
  }
}
