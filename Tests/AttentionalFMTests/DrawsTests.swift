import Testing

@testable import AttentionalFM

@Suite("Draws") struct DrawsTests {
  @Test("are the documented numbers")
  func vectors() {
    #expect(Draws.mixed(1) == 0x5692_161D_100B_05E5)
    #expect(
      Draws.bits(seed: 1, stream: 2, index: 3)
        == Draws.mixed(
          Draws.mixed(2 ^ Draws.mixed(0x9E37_79B9_7F4A_7C16)) &+ 4 &* 0x9E37_79B9_7F4A_7C15))
    #expect(Draws.normal(0, scale: 1) == -131_070 * 2.6428997e-5)
    #expect(Draws.normal(0x7FFF_8000_7FFF_8000, scale: 1) == 0)
  }

  @Test("have the mean and the deviation they should")
  func moments() {
    var sum = 0.0
    var squares = 0.0
    let count = 40_000
    for n in 0..<count {
      let x = Double(Draws.embedding(seed: 9, hash: UInt64(n / 16), coordinate: n % 16, scale: 0.1))
      sum += x
      squares += x * x
    }
    #expect(abs(sum / Double(count)) < 0.002)
    #expect(abs((squares / Double(count)).squareRoot() - 0.1) < 0.002)
  }

  @Test("drop the share they should", arguments: [Float(0.1), 0.5, 0.9])
  func dropout(rate: Float) {
    let kept = (0..<20_000).filter {
      Draws.keeps(seed: 3, eventNumber: UInt64($0 / 8), coordinate: $0 % 8, dropout: rate)
    }
    #expect(abs(Double(kept.count) / 20_000 - Double(1 - rate)) < 0.015)
  }
}
