import CAFMKernels
import Testing

@testable import AttentionalFM

@Suite("Passes of the kernels") struct KernelPassTests {
  /// All fused kernels of this machine but the reference.
  static let fused = Kernels.available.filter { $0.isFused && $0.name != "scalar" }

  /// The sizes that are compiled apart, their neighbours, those of several panels with and without a remainder, the
  /// least and the largest.
  static let sizes = [
    (16, 16), (8, 8), (32, 32), (64, 64), (16, 8), (8, 16), (15, 16), (16, 17), (9, 8), (1, 1), (1, 40), (40, 1),
    (33, 65), (100, 31), (256, 256), (8, 0), (16, 0), (50, 0),
  ]

  private func compare(_ one: KernelCase) throws {
    let scalar = try #require(Kernels(named: "scalar"))
    let expected = one.run(scalar, in: one.scratch())
    for kernels in Self.fused {
      let found = one.run(kernels, in: one.scratch())
      #expect(
        found == expected,
        "\(kernels.name), k \(one.configuration.embeddingSize), t \(one.configuration.attentionSize), \(one)")
    }
  }

  @Test("give the reference's bits at every size", arguments: sizes)
  func everySize(k: Int, t: Int) throws {
    for (index, numbers) in KernelNumbers.allCases.enumerated() {
      for features in k * t > 10_000 ? [7] : [0, 1, 2, 3, 6, 10] {
        try compare(
          KernelCase(
            k: k, t: t, features: features, numbers: numbers, seed: UInt64(k * 1000 + t * 10 + index + features)))
      }
    }
  }

  @Test("give the reference's bits for every number of pairs that a tile and a block can leave over")
  func remainders() throws {
    for features in 0...24 {
      for (k, t) in [(16, 16), (5, 3)] {
        try compare(KernelCase(k: k, t: t, features: features, numbers: .ordinary, seed: UInt64(features)))
      }
    }
  }

  @Test("give the reference's bits on random shapes")
  func randomShapes() throws {
    for round in 0..<100 as Range<UInt64> {
      let drawn = Draws.bits(seed: 9, stream: 0, index: round)
      try compare(
        KernelCase(
          k: 1 + Int(drawn % 70), t: Int(drawn >> 8 & 63), features: Int(drawn >> 16 & 15),
          numbers: KernelNumbers.allCases[Int(drawn >> 24 & 3)], seed: drawn >> 32))
    }
  }

  @Test("do not depend on what was computed before", arguments: Kernels.available)
  func independence(kernels: Kernels) {
    let used = KernelCase(k: 16, t: 16, features: 0, numbers: .ordinary, seed: 0).scratch()
    for round in 0..<40 as Range<UInt64> {
      let drawn = Draws.bits(seed: 10, stream: 0, index: round)
      // Only what depends on the seed modulo 12 is part of the configuration: one scratch serves all.
      let one = KernelCase(
        k: 16, t: 16, features: Int(drawn & 15), numbers: KernelNumbers.allCases[Int(drawn >> 4 & 3)],
        seed: (drawn >> 32) * 12)
      #expect(one.run(kernels, in: used) == one.run(kernels, in: one.scratch()), "\(kernels.name), \(one)")
    }
  }

  @Test("transpose W whatever its size")
  func transposition() {
    for (k, t) in [(1, 1), (4, 4), (16, 16), (3, 18), (21, 7), (40, 33)] {
      let dense = DenseParameters(.test(k: k, t: t))
      for l in 0..<t {
        for d in 0..<k { dense.values.base[dense.layout.projection(l, d)] = Float(l * 1000 + d) }
      }
      dense.transpose()
      for d in 0..<k.padded {
        for l in 0..<t {
          let found = dense.projection.base[d / 16 * 16 * t + 16 * l + d % 16]
          #expect(found == (d < k ? Float(l * 1000 + d) : 0), "k \(k), t \(t), l \(l), d \(d)")
        }
      }
    }
  }

  @Test("form the pairs in order, but for those within a field and those beyond the limit", arguments: [2016, 300, 7])
  func pairs(maximum: Int) throws {
    let kernels = try #require(Kernels.available.first)
    for features in 0...40 {
      var one = KernelCase(k: 2, t: 2, features: features, numbers: .ordinary, seed: UInt64(features))
      one.configuration.maximumPairs = maximum
      let scratch = one.scratch()
      _ = one.run(kernels, in: scratch)
      let event = scratch.event.pointee
      var n = 0
      for i in 0..<features {
        for j in i + 1..<max(features, i + 1) {
          let (a, b) = (Int(event.field[i]), Int(event.field[j]))
          if a == b && a == 2 || n == maximum { continue }
          #expect(event.first[n] == i && event.second[n] == j)
          #expect(Int(event.field_pair[n]) == DenseLayout.fieldPair(a, b))
          #expect(event.pair_x[n] == event.x[i] * event.x[j])
          n += 1
        }
      }
      #expect(Int(event.pair_count) == n, "\(features) features, at most \(maximum) pairs")
    }
  }
}
