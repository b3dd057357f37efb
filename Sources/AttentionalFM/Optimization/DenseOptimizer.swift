// Unsafe memory. Invariant: the pointers are those of the model's dense parameters and of the learner's scratch, which
// both live as long as the learner that owns this; every range lies within the layout.

import CAFMKernels

/// Checks and moves the dense parameters after a backward pass.
///
/// Neighbouring parameters that are treated alike are one range: the fewer calls for an event, the better.
final class DenseOptimizer {
  /// Neighbouring parameters of one rate, or of one penalty.
  private struct Range {
    var start: Int
    var count: Int
    /// The rate, or twice the penalty's lambda.
    var factor: Float
  }

  private let kernels: UnsafePointer<afm_kernels>
  private let layout: UnsafeMutablePointer<afm_layout>
  private let dense: DenseParameters
  private let values: UnsafeMutablePointer<Float>
  private let accumulators: UnsafeMutablePointer<Float>
  private let gradient: UnsafeMutablePointer<Float>
  private let checked: UnsafeMutableBufferPointer<Range>
  private let moved: UnsafeMutableBufferPointer<Range>
  private let biasRate: Float
  /// `p`, where it is moved.
  private let output: Range?
  private let epsilon: Float
  private let movesBias: Bool
  private let penalizesProjection: Bool
  /// `r`, where the model has it.
  private let prior: FieldPairOptimizer?
  /// `m`, where the model has it.
  private let fieldPairWeights: FieldPairOptimizer?

  /// Prepares the parameters of a kind, after passes over at most `events` events at once.
  init(
    _ dense: DenseParameters, configuration: ModelConfiguration, kernels: Kernels,
    layout: UnsafeMutablePointer<afm_layout>, moving trained: TrainedParameters = .all, events: Int = 1
  ) {
    self.kernels = kernels.table
    self.layout = layout
    self.dense = dense
    values = dense.values.base
    accumulators = dense.accumulators.base
    gradient = dense.gradient.base
    epsilon = configuration.epsilon
    let c = layout.pointee
    let rates = configuration.rates
    let penalty = 2 * configuration.regularization.projection
    penalizesProjection = penalty != 0
    biasRate = rates.bias
    movesBias = trained == .all
    let (pairs, isBeyond) = configuration.maximumPairs.multipliedReportingOverflow(by: events)
    let capacity = min(Int(c.field_pair_count), isBeyond ? Int.max : pairs)
    func ofFieldPairs(at start: Int32, rate: Float) -> FieldPairOptimizer? {
      guard start >= 0 else { return nil }
      return FieldPairOptimizer(
        dense, start: Int(start), count: Int(c.field_pair_count), rate: rate, epsilon: configuration.epsilon,
        capacity: capacity, kernels: kernels.table)
    }
    prior = ofFieldPairs(at: c.field_pairs, rate: rates.fieldPairs)
    fieldPairWeights = ofFieldPairs(at: c.field_pair_weights, rate: rates.fieldPairWeights)

    var checked = movesBias ? [Range(start: Int(c.bias), count: 16, factor: 0)] : []
    var moved: [Range] = []
    let movesOutput = movesBias && c.output >= 0 && configuration.outputWeights == .trainable
    output = movesOutput ? Range(start: Int(c.output), count: Int(c.k_padded), factor: rates.output) : nil
    if let output {
      checked.append(Range(start: output.start, count: output.count, factor: 0))
      moved.append(output)
    }
    if c.t > 0 {
      let network = 2 * Int(c.t_padded)
      let projection = Int(c.k) * Int(c.t_padded)
      checked.append(Range(start: Int(c.attention_bias), count: network, factor: 0))
      checked.append(Range(start: Int(c.projection_transposed), count: projection, factor: penalty))
      moved.append(Range(start: Int(c.attention_bias), count: network + projection, factor: rates.attention))
    }
    self.checked = Self.allocate(Self.joined(checked))
    self.moved = Self.allocate(Self.joined(moved))
  }

  deinit {
    checked.deallocate()
    moved.deallocate()
  }

  /// Finds which field pairs a backward pass touched. After it comes `check(scale:pairs:)`, whatever it is.
  ///
  /// - Parameters:
  ///   - fieldPairs: the field pairs touched, `count` of them, the same one more than once or not.
  ///   - pairs: the pairs of features that touched them.
  func collect(touched fieldPairs: UnsafePointer<Int32>?, count: Int, pairs: Int) {
    guard pairs > 0, let fieldPairs else { return }
    prior?.collect(fieldPairs, count: count, pairs: pairs)
    fieldPairWeights?.collect(fieldPairs, count: count, pairs: pairs)
  }

  /// The sum of `rate g^2 / sqrt(G + g^2)` over all that moves but the attention network.
  func stepSum(pairs: Int) -> Double {
    var sum = 0.0
    if movesBias {
      let bias = Int(layout.pointee.bias)
      sum += Double(biasRate) * Double(afm_step_sum(kernels, gradient + bias, accumulators + bias, 16))
    }
    guard pairs > 0 else { return sum }
    if let output {
      sum +=
        Double(output.factor)
        * Double(
          afm_step_sum(kernels, gradient + output.start, accumulators + output.start, Int64(output.count)))
    }
    return sum + (prior?.stepSum ?? 0) + (fieldPairWeights?.stepSum ?? 0)
  }

  /// Multiplies the gradients by `scale` and adds the penalties to them; whether every sum of squares stays finite. After
  /// it comes either `move(pairs:)` or `forget()`.
  func check(scale: Float, pairs: Int) -> Bool {
    var isFinite: Int32 = 1
    for range in checked {
      isFinite &= afm_regularize(
        kernels, gradient + range.start, values + range.start, accumulators + range.start, scale, range.factor,
        Int64(range.count))
    }
    guard pairs > 0 else { return isFinite != 0 }
    // All are evaluated: what comes after needs to know that the gradients were looked at.
    let priorIsFinite = prior?.check(scale: scale) ?? true
    let weightsAreFinite = fieldPairWeights?.check(scale: scale) ?? true
    return isFinite != 0 && priorIsFinite && weightsAreFinite
  }

  /// Moves every parameter against its gradient.
  func move(pairs: Int) {
    let bias = Int(layout.pointee.bias)
    if movesBias { move(values + bias, accumulators + bias, gradient + bias, rate: biasRate, count: 16) }
    // Without a pair every gradient here is zero, and so is every step, unless W is penalised.
    if pairs == 0, !penalizesProjection { return }
    for range in moved {
      move(
        values + range.start, accumulators + range.start, gradient + range.start, rate: range.factor, count: range.count
      )
    }
    if layout.pointee.t > 0 { dense.transpose() }
    if pairs > 0 {
      prior?.move()
      fieldPairWeights?.move()
    }
  }

  /// Puts the gradients that the next backward pass adds to back to zero, where the event is refused.
  func forget() {
    prior?.forget()
    fieldPairWeights?.forget()
  }

  private func move(
    _ values: UnsafeMutablePointer<Float>, _ accumulators: UnsafeMutablePointer<Float>,
    _ gradient: UnsafeMutablePointer<Float>, rate: Float, count: Int
  ) {
    afm_adagrad(kernels, values, accumulators, gradient, rate, epsilon, Int64(count))
  }

  private static func joined(_ ranges: [Range]) -> [Range] {
    ranges.reduce(into: []) { joined, range in
      if let last = joined.last, last.start + last.count == range.start, last.factor == range.factor {
        joined[joined.count - 1].count += range.count
      } else {
        joined.append(range)
      }
    }
  }

  private static func allocate(_ ranges: [Range]) -> UnsafeMutableBufferPointer<Range> {
    let buffer = UnsafeMutableBufferPointer<Range>.allocate(capacity: ranges.count)
    _ = buffer.initialize(from: ranges)
    return buffer
  }
}
