import AttentionalFM
import Foundation
import Testing

@Suite("Portable mathematics") struct PortableMathTests {
  /// The difference in units of the last place of the expected number.
  private func distance(_ value: Double, _ expected: Double) -> Double {
    abs(value - expected) / expected.ulp
  }

  @Test("the exponential is right to the last place or two")
  func exponential() {
    for n in -7000...7000 {
      let x = Double(n) * 0.1011
      #expect(distance(PortableMath.exp(x), exp(x)) <= 1, "e^\(x)")
    }
    #expect(PortableMath.exp(0) == 1)
    #expect(PortableMath.exp(710) == .infinity && PortableMath.exp(-709) == 0)
    #expect(PortableMath.exp(-.infinity) == 0 && PortableMath.exp(.nan).isNaN)
    #expect(PortableMath.exp(709.7).isFinite && distance(PortableMath.exp(709.7), exp(709.7)) <= 1)
  }

  @Test("the logarithm is right to the last place or two")
  func logarithm() {
    for n in 1...7000 {
      let x = exp(Double(n) * 0.2 - 700) * (1 + Double(n) / 7001)
      #expect(distance(PortableMath.log(x), log(x)) <= 1, "log \(x)")
      let near = 1 + Double(n - 3500) * 1e-6
      #expect(abs(PortableMath.log(near) - log(near)) <= 2 * log(near).ulp, "log \(near)")
    }
    #expect(PortableMath.log(0) == -.infinity && PortableMath.log(-1).isNaN)
    #expect(PortableMath.log(.leastNonzeroMagnitude) == log(Double.leastNonzeroMagnitude))
    #expect(PortableMath.log1p(1e-300) == 1e-300)
    for n in 1...100 { #expect(distance(PortableMath.log1p(Double(n) * 1e-9), log1p(Double(n) * 1e-9)) <= 3) }
  }

  @Test("the losses follow from them without overflow")
  func losses() {
    #expect(PortableMath.sigmoid(0) == 0.5 && PortableMath.sigmoid(-800) == 0 && PortableMath.sigmoid(800) == 1)
    #expect(PortableMath.softplus(800) == 800 && PortableMath.softplus(-800) == 0)
    #expect(abs(Loss.logistic.value(raw: 0, label: 1) - log(2)) < 1e-15)
    #expect(Loss.logistic.gradient(raw: 0, label: -1, importance: 2) == 1)
    #expect(Loss.squared.gradient(raw: 3, label: 1, importance: 2) == 8)
    #expect(Loss.logistic.gradient(raw: 100, label: 1, importance: 1) < 0)
  }

  @Test("the squared hinge is the squared error up to its label, and nothing beyond it")
  func squaredHinge() {
    let loss = Loss.squaredHinge
    for raw in [-3, -1, -0.5, 0, 0.5, 0.999] as [Float] {
      for label in [1, 0.5] as [Float] {
        #expect(loss.gradient(raw: raw, label: label, importance: 3) == 6 * (raw - 1))
        #expect(loss.value(raw: raw, label: label) == Loss.squared.value(raw: raw, label: 1))
      }
      for label in [-1, 0] as [Float] {
        #expect(loss.gradient(raw: -raw, label: label, importance: 3) == 6 * (1 - raw))
        #expect(loss.value(raw: -raw, label: label) == Loss.squared.value(raw: -raw, label: -1))
      }
    }
    for raw in [1, 1.5, 40] as [Float] {
      #expect(loss.gradient(raw: raw, label: 1, importance: 3) == 0 && loss.value(raw: raw, label: 1) == 0)
      #expect(loss.gradient(raw: -raw, label: 0, importance: 3) == 0 && loss.value(raw: -raw, label: -1) == 0)
      #expect(loss.predicted(raw: raw) == 1 && loss.predicted(raw: -raw) == -1)
    }
    #expect(loss.predicted(raw: 0.25) == 0.25)
    #expect(loss.gradient(raw: 2, label: .nan, importance: 1).isNaN)
    #expect(loss.gradient(raw: 2, label: 1, importance: .infinity).isNaN)
    #expect(loss.gradient(raw: .nan, label: 1, importance: 1).isNaN)
  }

  @Test("the bits are the same everywhere")
  func bits() {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for n in 1...2000 {
      for value in [PortableMath.exp(Double(n) * 0.07 - 70), PortableMath.log(Double(n) * 0.37)] {
        digest = (digest ^ value.bitPattern) &* 0x100_0000_01B3
      }
    }
    #expect(digest == 11_245_476_811_130_151_540, "the digest is \(digest)")
  }
}
