// Unsafe memory. Invariant: every array has the length that CAFMEvent.h asks for `features` features and all their
// pairs, and lives until deinit.

import CAFMKernels
import Glibc

/// One event of a model, of random numbers, as the kernels take it; its passes can be repeated without end.
final class KernelProblem {
  let k, t, features, pairs: Int
  let kernels: UnsafePointer<afm_kernels>
  private let event: UnsafeMutablePointer<afm_event>
  private let layout: UnsafeMutablePointer<afm_layout>
  private let values, accumulators, gradient, projection, rowAccumulators: UnsafeMutablePointer<Float>
  private let within: UnsafeMutablePointer<UInt8>
  private var memory: [UnsafeMutableRawPointer] = []
  private var random: UInt64 = 1

  init(_ kernels: UnsafePointer<afm_kernels>, k: Int, t: Int, features: Int) {
    self.kernels = kernels
    self.k = k
    self.t = t
    self.features = features
    pairs = features * (features - 1) / 2
    var memory: [UnsafeMutableRawPointer] = []
    func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
      let padded = Self.padded(max(count, 1))
      guard let pointer = aligned_alloc(64, padded * 4) else { fatalError("no memory") }
      memory.append(pointer)
      let floats = pointer.bindMemory(to: Float.self, capacity: padded)
      floats.initialize(repeating: 0, count: padded)
      return floats
    }
    func integers(_ count: Int) -> UnsafeMutablePointer<Int32> {
      UnsafeMutableRawPointer(floats(count)).bindMemory(to: Int32.self, capacity: count)
    }

    let width = Self.padded(k)
    let depth = Self.padded(t)
    var c = afm_layout()
    c.k = Int32(k)
    c.t = Int32(t)
    c.k_padded = Int32(width)
    c.t_padded = Int32(depth)
    c.output = 16
    c.attention_bias = c.output + Int32(width)
    c.attention_output = c.attention_bias + Int32(depth)
    c.projection_transposed = c.attention_output + Int32(depth)
    c.field_pairs = c.projection_transposed + Int32(k * depth)
    c.field_pair_weights = -1
    c.field_pair_count = Int32(features * (features + 1) / 2)
    c.count = c.field_pairs + Int32(Self.padded(Int(c.field_pair_count)))
    c.scales_by_pairs = 1
    layout = .allocate(capacity: 1)
    layout.initialize(to: c)
    values = floats(Int(c.count))
    accumulators = floats(Int(c.count))
    gradient = floats(Int(c.count))
    projection = floats(t * width)

    var e = afm_event()
    e.feature_count = Int32(features)
    e.feature_capacity = Int32(features)
    e.pair_capacity = Int32(pairs)
    e.x = floats(features)
    e.weight = floats(features)
    e.weight_gradient = floats(features)
    e.rows = floats(features * width)
    e.row_gradient = floats(features * width)
    rowAccumulators = floats(features * width)
    e.pair_x = floats(pairs)
    e.score = floats(pairs)
    e.attention = floats(pairs)
    e.scaled = floats(pairs)
    e.projected = floats(pairs)
    e.z = floats(pairs * width)
    e.u = floats(pairs * depth)
    e.output_kept = floats(width)
    e.pooled_gradient = floats(width)
    e.first = integers(pairs)
    e.second = integers(pairs)
    e.field_pair = integers(pairs)
    e.field = UnsafeMutableRawPointer(floats(features)).bindMemory(to: UInt16.self, capacity: features)
    within = UnsafeMutableRawPointer(floats(features)).bindMemory(to: UInt8.self, capacity: features)
    event = .allocate(capacity: 1)
    event.initialize(to: e)
    self.memory = memory
    fill()
    afm_form_pairs(event, within)
    afm_transpose(projection, values + Int(c.projection_transposed), layout)
  }

  deinit {
    event.deallocate()
    layout.deallocate()
    for pointer in memory { free(pointer) }
  }

  /// The forward pass.
  func forward() { afm_forward(kernels, values, layout, event) }

  /// Both passes.
  func passes() {
    afm_forward(kernels, values, layout, event)
    afm_backward(kernels, values, projection, layout, event, 0.1, gradient)
  }

  /// The check and the step of the dense parameters (all but the prior) and of the rows, which change nothing here:
  /// their rate is zero and so are their gradients.
  func optimize() {
    let c = layout.pointee
    let count = Int64(c.field_pairs)
    let rows = Int64(features) * Int64(c.k_padded)
    _ = afm_regularize(kernels, gradient, values, accumulators, 1, 0, count)
    _ = afm_regularize(kernels, event.pointee.row_gradient, event.pointee.rows, rowAccumulators, 1, 0, rows)
    afm_adagrad(kernels, values, accumulators, gradient, 0, 1e-8, count)
    afm_adagrad(kernels, event.pointee.rows, rowAccumulators, event.pointee.row_gradient, 0, 1e-8, rows)
  }

  /// Forming the pairs.
  func formPairs() { afm_form_pairs(event, within) }

  /// Bringing `W` up to date with its transpose.
  func transpose() { afm_transpose(projection, values + Int(layout.pointee.projection_transposed), layout) }

  /// Floating-point operations of the forward pass.
  var forwardOperations: Double { Double(pairs) * Double(k) * (2 * Double(t) + 6) }

  /// Floating-point operations of both passes.
  var operations: Double { Double(pairs) * Double(k) * (6 * Double(t) + 18) }

  private func fill() {
    let c = layout.pointee
    let e = event.pointee
    for n in 0..<features {
      e.x[n] = 1
      e.weight[n] = draw(0.1)
      e.field[n] = UInt16(n)
      within[n] = 1
      for d in 0..<k { e.rows[n * Int(c.k_padded) + d] = draw(0.5) }
    }
    for d in 0..<k { values[Int(c.output) + d] = 1 }
    for l in 0..<t {
      values[Int(c.attention_bias) + l] = draw(0.1)
      values[Int(c.attention_output) + l] = draw(0.3)
      for d in 0..<k { values[Int(c.projection_transposed) + l / 16 * 16 * k + 16 * d + l % 16] = draw(0.3) }
    }
    accumulators.update(repeating: 0.1, count: Int(c.count))
    rowAccumulators.update(repeating: 0.1, count: features * Int(c.k_padded))
  }

  /// A number between -scale and scale.
  private func draw(_ scale: Float) -> Float {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (Float(random >> 40) / Float(1 << 23) - 1) * scale
  }

  private static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
