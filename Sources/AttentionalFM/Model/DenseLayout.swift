import CAFMKernels

/// Where each dense parameter stands in the flat arrays that the kernels work on.
package struct DenseLayout: Sendable {
  package let c: afm_layout

  /// Where the calibration's curve stands, behind all parameters that are learned by gradients; -1 without one.
  package let calibration: Int

  package init(_ configuration: ModelConfiguration) {
    let k = configuration.effectiveEmbeddingSize
    let t = configuration.effectiveAttentionSize
    var layout = afm_layout()
    layout.k = Int32(k)
    layout.t = Int32(t)
    layout.k_padded = Int32(k.padded)
    layout.t_padded = Int32(t.padded)
    var next: Int32 = 0
    func take(_ count: Int) -> Int32 {
      defer { next += Int32(count.padded) }
      return next
    }
    layout.bias = take(16)
    layout.output = k > 0 ? take(k) : -1
    layout.attention_bias = t > 0 ? take(t) : -1
    layout.attention_output = t > 0 ? take(t) : -1
    layout.projection_transposed = t > 0 ? take(k * t.padded) : -1
    let fields = configuration.layout.count
    let fieldPairs = fields * (fields + 1) / 2
    let hasPrior = t > 0 && configuration.fieldPairPrior
    let hasWeights = configuration.weighsFieldPairs
    layout.field_pair_count = hasPrior || hasWeights ? Int32(fieldPairs) : 0
    layout.field_pairs = hasPrior ? take(fieldPairs) : -1
    layout.field_pair_weights = hasWeights ? take(fieldPairs) : -1
    calibration = configuration.calibration.map { Int(take($0.curveCount)) } ?? -1
    layout.count = next
    layout.scales_by_pairs = configuration.attentionScale == .pairs ? 1 : 0
    c = layout
  }

  /// The place of `W[l][d]` among the parameters.
  package func projection(_ l: Int, _ d: Int) -> Int {
    let k = Int(c.k)
    return Int(c.projection_transposed) + l / 16 * 16 * k + 16 * d + l % 16
  }

  /// The position in `r` and `m` of two fields.
  package static func fieldPair(_ a: Int, _ b: Int) -> Int {
    let high = max(a, b)
    return high * (high + 1) / 2 + min(a, b)
  }
}
