// Unsafe memory. Invariant: `values`, `accumulators` and `gradient` are the parts of the model's dense parameters that
// hold the numbers, `count` (padded) of them, and live as long as the learner that owns this.

import CAFMKernels
import Glibc

/// Checks and moves one kind of number that every pair of fields has: `r`, or `m`.
///
/// An event touches a few of them, or most: they are collected, or worked on where they stand. A step is `collect`, then
/// `check`, then `move` or `forget`; after `collect`, `stepSum` may be asked for.
final class FieldPairOptimizer {
  private let kernels: UnsafePointer<afm_kernels>
  private let values: UnsafeMutablePointer<Float>
  private let accumulators: UnsafeMutablePointer<Float>
  private let gradient: UnsafeMutablePointer<Float>
  private let count: Int
  private let rate: Float
  private let epsilon: Float
  private let touched: TouchedFieldPairs
  private var takesAll = false

  /// Prepares the numbers that begin at `start` of the dense parameters.
  ///
  /// - Parameters:
  ///   - count: how many there are.
  ///   - capacity: how many different ones are touched at once, at most.
  init(
    _ dense: DenseParameters, start: Int, count: Int, rate: Float, epsilon: Float, capacity: Int,
    kernels: UnsafePointer<afm_kernels>
  ) {
    self.kernels = kernels
    values = dense.values.base + start
    accumulators = dense.accumulators.base + start
    gradient = dense.gradient.base + start
    self.count = count.padded
    self.rate = rate
    self.epsilon = epsilon
    touched = TouchedFieldPairs(capacity: capacity)
  }

  /// Finds what was touched.
  ///
  /// - Parameters:
  ///   - fieldPairs: the field pairs touched, `count` of them, the same one more than once or not.
  ///   - pairs: the pairs of features that touched them.
  func collect(_ fieldPairs: UnsafePointer<Int32>, count touchedCount: Int, pairs: Int) {
    // A gradient of zero moves nothing, unless the root of a sum of 0 and an epsilon of 0 divide it.
    takesAll = count <= 2 * pairs.padded && epsilon > 0
    if takesAll { return }
    touched.gather(
      touched: fieldPairs, pairs: touchedCount, gradient: gradient, values: values, accumulators: accumulators)
  }

  /// The sum of `rate g^2 / sqrt(G + g^2)`.
  var stepSum: Double {
    let sum =
      takesAll
      ? afm_step_sum(kernels, gradient, accumulators, Int64(count))
      : afm_step_sum(kernels, touched.gradient.base, touched.accumulators.base, Int64(touched.count.padded))
    return Double(rate) * Double(sum)
  }

  /// Multiplies the gradients by `scale`; whether every sum of squares stays finite.
  func check(scale: Float) -> Bool {
    if takesAll { return afm_regularize(kernels, gradient, values, accumulators, scale, 0, Int64(count)) != 0 }
    return afm_regularize(
      kernels, touched.gradient.base, touched.values.base, touched.accumulators.base, scale, 0,
      Int64(touched.count.padded)) != 0
  }

  /// Moves the numbers against their gradients, which are zero afterwards.
  func move() {
    if takesAll {
      afm_adagrad(kernels, values, accumulators, gradient, rate, epsilon, Int64(count))
      forget()
    } else {
      afm_adagrad(
        kernels, touched.values.base, touched.accumulators.base, touched.gradient.base, rate, epsilon,
        Int64(touched.count.padded))
      touched.scatter(values: values, accumulators: accumulators)
    }
  }

  /// Puts the gradients that the next backward pass adds to back to zero.
  func forget() {
    if takesAll { memset(gradient, 0, count * MemoryLayout<Float>.stride) }
  }
}
