// Unsafe memory. Invariant: the pointers are those of the model's dense parameters and of the learner's scratch, which
// both live as long as the learner that owns this; every range lies within the layout.

import CAFMKernels
import Glibc

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
  private let priorStart: Int
  private let priorCount: Int
  private let priorRate: Float
  private let biasRate: Float
  private let epsilon: Float
  private let movesBias: Bool
  private let penalizesProjection: Bool
  private let touched: TouchedPrior
  /// Whether the last event's field pairs are worked on where they stand, rather than collected.
  private var takesWholePrior = false

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
    priorStart = Int(c.field_pairs)
    priorCount = Int(c.field_pair_count).padded
    priorRate = rates.fieldPairs
    biasRate = rates.bias
    movesBias = trained == .all
    let (pairs, isBeyond) = configuration.maximumPairs.multipliedReportingOverflow(by: events)
    touched = TouchedPrior(capacity: min(Int(c.field_pair_count), isBeyond ? Int.max : pairs))

    var checked = movesBias ? [Range(start: Int(c.bias), count: 16, factor: 0)] : []
    var moved: [Range] = []
    if movesBias, c.output >= 0, configuration.outputWeights == .trainable {
      checked.append(Range(start: Int(c.output), count: Int(c.k_padded), factor: 0))
      moved.append(Range(start: Int(c.output), count: Int(c.k_padded), factor: rates.output))
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

  /// Adds the penalties to the gradients; whether every sum of squares stays finite. After it comes either
  /// `move(pairs:)` or `forget()`.
  func check(touched fieldPairs: UnsafePointer<Int32>?, pairs: Int) -> Bool {
    var isFinite: Int32 = 1
    for range in checked {
      isFinite &= afm_regularize(
        kernels, gradient + range.start, values + range.start, accumulators + range.start, range.factor,
        Int64(range.count))
    }
    guard priorStart >= 0, pairs > 0, let fieldPairs else { return isFinite != 0 }
    // A gradient of zero moves nothing, unless the root of a sum of 0 and an epsilon of 0 divide it.
    takesWholePrior = priorCount <= 2 * pairs.padded && epsilon > 0
    if takesWholePrior {
      isFinite &= afm_regularize(
        kernels, gradient + priorStart, values + priorStart, accumulators + priorStart, 0, Int64(priorCount))
    } else {
      touched.gather(
        touched: fieldPairs, pairs: pairs, gradient: gradient + priorStart, values: values + priorStart,
        accumulators: accumulators + priorStart)
      isFinite &= afm_regularize(
        kernels, touched.gradient.base, touched.values.base, touched.accumulators.base, 0, Int64(touched.count.padded))
    }
    return isFinite != 0
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
    if priorStart >= 0, pairs > 0 { movePrior() }
  }

  /// Puts the gradients that the next backward pass adds to back to zero, where the event is refused.
  func forget() {
    if takesWholePrior { memset(gradient + priorStart, 0, priorCount * MemoryLayout<Float>.stride) }
  }

  private func movePrior() {
    if takesWholePrior {
      move(
        values + priorStart, accumulators + priorStart, gradient + priorStart, rate: priorRate, count: priorCount)
      forget()
    } else {
      move(
        touched.values.base, touched.accumulators.base, touched.gradient.base, rate: priorRate,
        count: touched.count.padded)
      touched.scatter(values: values + priorStart, accumulators: accumulators + priorStart)
    }
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
