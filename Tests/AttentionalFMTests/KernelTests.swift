import CAFMKernels
import Features
import Foundation
import Testing

@testable import AttentionalFM

@Suite("Kernels") struct KernelTests {
  static let fused = Kernels.available.filter(\.isFused).map(\.name)

  /// Sizes with every kind of remainder, and the largest.
  static let shapes = [(1, 1), (2, 3), (5, 7), (15, 17), (16, 16), (17, 15), (31, 33), (64, 8), (33, 100), (256, 256)]

  private func run(
    _ configuration: ModelConfiguration, events: [TestEvent], kernel: String
  ) throws -> (ModelState, [LearningStep]) {
    let kernels = try #require(Kernels(named: kernel))
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model, kernels: kernels)
    let steps = events.map { learner.learn($0) }
    return (ModelState(model), steps)
  }

  @Test("all fused ones give the same bits on random shapes", arguments: shapes)
  func sameBits(k: Int, t: Int) throws {
    let count = k * t > 10_000 ? 4 : 40
    for (number, scale) in ([1, 1e-3, 1e-20, 3e-38] as [Float]).enumerated() {
      var configuration = ModelConfiguration.test(
        kind: number == 3 ? .fm : .afm, k: k, t: t, fields: (0..<9).map { "f\($0)" })
      configuration.attentionScale = number % 2 == 0 ? .pairs : .paper
      configuration.fieldPairPrior = number != 1
      configuration.fieldPairWeights = number > 0
      configuration.step = number % 2 == 0 ? .implicit : .explicit
      configuration.loss = number == 2 ? .squared : .logistic
      configuration.dropout = number == 0 ? 0.3 : 0
      configuration.embeddingScale = number == 2 ? 3 : 0.1
      configuration.regularization = Regularization(projection: 0.001, linear: 0.01, embedding: 0.01)
      configuration.layout.formsPairsWithinItself[2] = false
      var events = TestEvent.random(count: count, seed: UInt64(k * 1000 + t), fields: 9, values: 5, scale: scale)
      events.append(TestEvent(features: [], label: 1, importance: 1))
      events.append(TestEvent(features: [events[0].features[0]], label: 0, importance: 3))
      let reference = try run(configuration, events: events, kernel: "scalar")
      for kernel in Self.fused where kernel != "scalar" {
        let other = try run(configuration, events: events, kernel: kernel)
        #expect(other.0 == reference.0, "\(kernel), k \(k), t \(t), scale \(scale)")
        #expect(
          other.1.map(\.prediction.raw.bitPattern) == reference.1.map(\.prediction.raw.bitPattern),
          "\(kernel), k \(k), t \(t), scale \(scale)")
      }
    }
  }

  @Test("are known by name, and say whether they are fused")
  func names() {
    #expect(Kernels(named: "scalar")?.isFused == true)
    #expect(Kernels(named: "base")?.isFused != true)
    #expect(Kernels(named: "avx") == nil)
    #expect(Self.fused.contains("scalar"))
    #expect(Kernels.available.contains { $0.name == Kernels.preferred.name })
  }

  @Test("agree with the C library's exponential", arguments: Kernels.available.map(\.name))
  func exponential(kernel: String) throws {
    let kernels = try #require(Kernels(named: kernel))
    let arguments = AlignedFloats(2048)
    let results = AlignedFloats(2048)
    for n in 0..<2048 { arguments.base[n] = Float(n) / 2048 * 175.5 - 87.5 }
    afm_exponential(kernels.table, results.base, arguments.base, 2048)
    for n in 0..<2048 {
      let x = arguments.base[n]
      if x <= -87 {
        #expect(results.base[n] == 0)
      } else {
        let exact = exp(Double(x))
        #expect(abs(Double(results.base[n]) - exact) <= 2.5e-7 * exact, "e^\(x)")
      }
    }
  }
}
