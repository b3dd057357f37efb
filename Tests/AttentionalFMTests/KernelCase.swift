import CAFMKernels
import Features

@testable import AttentionalFM

/// What random numbers a kernel is given.
enum KernelNumbers: CaseIterable {
  case ordinary
  /// Products and gradients that are denormal, or vanish.
  case denormal
  /// Rows and values of zero, some of them negative.
  case zeros
  /// Scores so far apart that the softmax is nearly one-hot, and its tail vanishes.
  case extreme
}

/// One event with the parameters it meets; everything is drawn from the seed.
struct KernelCase {
  var configuration: ModelConfiguration
  let features: Int
  let numbers: KernelNumbers
  let seed: UInt64

  init(k: Int, t: Int, features: Int, numbers: KernelNumbers, seed: UInt64) {
    var configuration = ModelConfiguration.test(
      kind: t == 0 ? .fm : .afm, k: k, t: max(t, 1), fields: (0..<7).map { "f\($0)" })
    configuration.maximumFeatures = 80
    configuration.layout.formsPairsWithinItself[2] = false
    configuration.attentionScale = seed % 2 == 0 ? .pairs : .paper
    configuration.fieldPairPrior = seed % 3 != 0
    configuration.fieldPairWeights = seed % 4 < 2
    self.configuration = configuration
    self.features = features
    self.numbers = numbers
    self.seed = seed
  }

  /// A scratch for events of this configuration, with arbitrary numbers in everything that a pass computes.
  func scratch() -> EventScratch {
    let scratch = EventScratch(configuration)
    let event = scratch.event.pointee
    let pairs = Int(event.pair_capacity)
    for n in 0..<pairs.padded {
      event.score[n] = .nan
      event.attention[n] = -1e30
      event.scaled[n] = .infinity
      event.projected[n] = .nan
    }
    for n in 0..<pairs * Int(scratch.layout.pointee.k_padded) { event.z[n] = .nan }
    for n in 0..<pairs * Int(scratch.layout.pointee.t_padded) { event.u[n] = .nan }
    return scratch
  }

  /// Both passes and the optimiser: the bits of everything they give.
  func run(_ kernels: Kernels, in scratch: EventScratch) -> [UInt32] {
    let dense = DenseParameters(configuration)
    let c = scratch.layout.pointee
    fill(dense)
    fill(scratch)
    let event = scratch.event
    let width = Int(c.k_padded)
    let kept = AlignedFloats(width)
    for d in 0..<Int(c.k) { kept.base[d] = drawn(4, d) % 4 == 0 ? 0 : 4 / 3 }
    event.pointee.kept = seed % 4 == 1 ? UnsafePointer(kept.base) : nil
    defer { event.pointee.kept = nil }
    scratch.forward(kernels, parameters: dense.values.base)

    var bits: [UInt32] = []
    func take(_ floats: UnsafePointer<Float>, _ count: Int) {
      bits += (0..<count).map { floats[$0].bitPattern }
    }
    let pairs = Int(event.pointee.pair_count)
    bits += [event.pointee.raw.bitPattern, event.pointee.exponential_sum.bitPattern]
    bits += [event.pointee.exponential_moment.bitPattern, UInt32(pairs)]
    take(event.pointee.attention, pairs)
    take(event.pointee.scaled, pairs)
    take(event.pointee.projected, pairs)

    afm_backward(
      kernels.table, dense.values.base, dense.projection.base, scratch.layout, event, lossGradient, dense.gradient.base)
    let rows = AlignedFloats(features * width)
    for n in 0..<rows.count { rows.base[n] = 0.1 }
    let stepSum = afm_step_sum(kernels.table, dense.gradient.base, dense.accumulators.base, Int64(c.count))
    bits.append(stepSum.bitPattern)
    bits.append(
      UInt32(
        bitPattern: afm_regularize(
          kernels.table, dense.gradient.base, dense.values.base, dense.accumulators.base, seed % 2 == 0 ? 0.7 : 1, 0.01,
          Int64(c.count))))
    take(dense.gradient.base, Int(c.count))
    take(event.pointee.weight_gradient, features)
    take(event.pointee.row_gradient, features * width)
    afm_adagrad(
      kernels.table, dense.values.base, dense.accumulators.base, dense.gradient.base, 0.2, 1e-8, Int64(c.count))
    afm_adagrad(
      kernels.table, event.pointee.rows, rows.base, event.pointee.row_gradient, 0.05, 1e-8, Int64(features * width))
    dense.transpose()
    take(dense.values.base, Int(c.count))
    take(dense.accumulators.base, Int(c.count))
    take(dense.projection.base, dense.projection.count)
    take(event.pointee.rows, features * width)
    take(rows.base, features * width)
    return bits
  }

  private func fill(_ dense: DenseParameters) {
    let c = dense.layout.c
    let scale: Float = numbers == .extreme ? 4 : 0.4
    for n in 0..<Int(c.count) { dense.values.base[n] = number(1, n, scale) }
    // What is padding stays zero.
    func clear(_ start: Int32, _ used: Int32, _ all: Int32) {
      for n in start + used..<start + all { dense.values.base[Int(n)] = 0 }
    }
    clear(c.bias, 1, 16)
    if c.output >= 0 { clear(c.output, c.k, c.k_padded) }
    guard c.t > 0 else { return }
    clear(c.attention_bias, c.t, c.t_padded)
    clear(c.attention_output, c.t, c.t_padded)
    for l in Int(c.t)..<Int(c.t_padded) {
      for d in 0..<Int(c.k) { dense.values.base[dense.layout.projection(l, d)] = 0 }
    }
    dense.transpose()
  }

  private func fill(_ scratch: EventScratch) {
    scratch.begin()
    for n in 0..<features {
      let drawn = drawn(2, n)
      scratch.nextWeight.pointee = number(2, n, 1)
      for d in 0..<Int(scratch.layout.pointee.k) { scratch.nextRow[d] = value(3, n * 256 + d) }
      let x: Float = numbers == .zeros && drawn % 3 == 0 ? -0.0 : number(5, n, 2)
      scratch.append(Feature(hash: drawn, value: x, field: UInt16(drawn % 7)), origin: n)
    }
  }

  private var lossGradient: Float { numbers == .denormal ? 1e-30 : number(6, 0, 2) }

  /// A number of an embedding.
  private func value(_ stream: UInt64, _ index: Int) -> Float {
    switch numbers {
    case .ordinary: number(stream, index, 0.5)
    case .denormal: number(stream, index, drawn(stream, index) % 2 == 0 ? 1e-19 : 1e-22)
    case .zeros: drawn(stream, index) % 3 == 0 ? number(stream, index, 0.5) : drawn(stream, index) % 3 == 1 ? 0 : -0.0
    case .extreme: number(stream, index, 12)
    }
  }

  private func number(_ stream: UInt64, _ index: Int, _ scale: Float) -> Float {
    Draws.normal(Draws.mixed(drawn(stream, index)), scale: scale)
  }

  private func drawn(_ stream: UInt64, _ index: Int) -> UInt64 {
    Draws.bits(seed: seed, stream: stream, index: UInt64(index))
  }
}
