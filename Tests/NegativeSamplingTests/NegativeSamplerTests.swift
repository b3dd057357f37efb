import AttentionalFM
import Features
import Testing

@testable import NegativeSampling

@Suite("Negative sampling") struct NegativeSamplerTests {
  private func feature(_ hash: UInt64) -> [Feature] { [Feature(hash: hash, value: 1, field: 1)] }

  /// A sampler that has seen values 1 to `count`, each as often as told.
  private func sampler(
    _ settings: SamplingSettings, count: UInt64, times: (UInt64) -> Int = { _ in 1 }
  ) -> NegativeSampler {
    var sampler = NegativeSampler(settings, seed: 7)
    for value in 1...count { for _ in 0..<times(value) { sampler.note(value, feature(value), user: nil) } }
    return sampler
  }

  private func draw(
    _ sampler: inout NegativeSampler, _ count: Int, beside value: UInt64 = 1, user: UInt64? = nil, event: UInt64,
    for purpose: NegativeSampler.Purpose = .learning
  ) -> [UInt64] {
    sampler.draw(count, beside: value, user: user, eventNumber: event, for: purpose)
    if purpose == .learning { sampler.countDrawn(of: count) }
    return sampler.drawn.map { sampler.features(at: $0)[0].hash }
  }

  @Test("draws each other value alike, and none twice for an event")
  func uniform() {
    var sampler = sampler(SamplingSettings(), count: 11)
    var counts: [UInt64: Int] = [:]
    for event in 0..<10_000 as Range<UInt64> {
      let drawn = draw(&sampler, 3, event: event)
      #expect(drawn.count == 3 && Set(drawn).count == 3 && !drawn.contains(1))
      for value in drawn { counts[value, default: 0] += 1 }
    }
    #expect(counts.count == 10)
    // 3,000 expected, with a standard deviation of 46.
    #expect(counts.values.allSatisfy { (2_750...3_250).contains($0) })
    #expect(sampler.sampled == 30_000 && sampler.missed == 0)
  }

  @Test("draws by frequency to a power, and candidates of a ranking each alike", arguments: [0.5, 1])
  func byFrequency(power: Double) {
    var sampler = sampler(SamplingSettings(power: power), count: 5) { [1, 1, 4, 9, 16][Int($0) - 1] }
    var counts = [Int](repeating: 0, count: 6)
    var uniform = counts
    for event in 0..<30_000 as Range<UInt64> {
      for value in draw(&sampler, 1, event: event) { counts[Int(value)] += 1 }
      for value in draw(&sampler, 1, event: event, for: .ranking) { uniform[Int(value)] += 1 }
    }
    let weights = power == 1 ? [1.0, 4, 9, 16] : [1.0, 2, 3, 4]
    for (index, weight) in weights.enumerated() {
      let expected = 30_000 * weight / weights.reduce(0, +)
      #expect(abs(Double(counts[index + 2]) - expected) < 6 * expected.squareRoot())
      #expect((7_000...8_000).contains(uniform[index + 2]))
    }
  }

  @Test("leaves out what a user was lately seen with, and no more than is remembered")
  func seenValues() {
    var sampler = sampler(SamplingSettings(users: 2, recent: 3), count: 8)
    for value in [2, 3, 2, 4, 5] as [UInt64] { sampler.note(value, feature(value), user: 70) }
    // 3 is the oldest and gone; 2 was seen again after it.
    func drawnFor(_ user: UInt64?) -> Set<UInt64> {
      Set((0..<300 as Range<UInt64>).flatMap { draw(&sampler, 2, user: user, event: $0) })
    }
    #expect(drawnFor(70) == [3, 6, 7, 8])
    #expect(drawnFor(nil) == [2, 3, 4, 5, 6, 7, 8])
    sampler.note(6, feature(6), user: 71)
    sampler.note(7, feature(7), user: 72)
    // There is room for two users.
    #expect(drawnFor(70) == [2, 3, 4, 5, 6, 7, 8] && drawnFor(72) == [2, 3, 4, 5, 6, 8] && sampler.users == 2)
  }

  @Test("draws fewer where there are not enough")
  func few() {
    var sampler = NegativeSampler(SamplingSettings(), seed: 1)
    var drawn = draw(&sampler, 2, event: 0)
    #expect(drawn == [] && sampler.missed == 2)
    sampler.note(1, feature(1), user: nil)
    drawn = draw(&sampler, 2, event: 1)
    #expect(drawn == [])
    sampler.note(2, feature(2), user: nil)
    drawn = draw(&sampler, 2, event: 2)
    #expect(drawn == [2] && sampler.sampled == 1 && sampler.missed == 5)
    // A candidate that was not found counts nowhere.
    drawn = draw(&sampler, 9, event: 2, for: .ranking)
    #expect(drawn == [2] && sampler.sampled == 1 && sampler.missed == 5)
  }

  @Test("forgets the values seen longest ago, and keeps what goes with one as it was seen last")
  func forgetting() {
    var sampler = NegativeSampler(SamplingSettings(reservoir: 3), seed: 1)
    for value in [1, 2, 3, 1, 4] as [UInt64] { sampler.note(value, feature(value), user: nil) }
    #expect(sampler.values == 3)
    let price = Feature(hash: 99, value: 2.5, field: 4)
    sampler.note(3, feature(3) + [price], user: nil)
    var all: Set<[Feature]> = []
    for event in 0..<50 as Range<UInt64> {
      sampler.draw(2, beside: 9, user: nil, eventNumber: event, for: .learning)
      for place in sampler.drawn { all.insert(sampler.features(at: place)) }
    }
    #expect(all == [feature(1), feature(3) + [price], feature(4)])
  }

  @Test("goes on from a saved state as if nothing had happened", arguments: [0.0, 0.75])
  func saved(power: Double) throws {
    let settings = SamplingSettings(reservoir: 40, power: power, users: 9, recent: 5)
    var straight = NegativeSampler(settings, seed: 3)
    var stopped = straight
    for event in 0..<3_000 as Range<UInt64> {
      let bits = Draws.bits(seed: 1, stream: 2, index: event)
      let (value, user) = (bits % 60, bits >> 32 % 14)
      let drawn = draw(&straight, 2, beside: value, user: user, event: event)
      let again = draw(&stopped, 2, beside: value, user: user, event: event)
      #expect(drawn == again)
      straight.note(value, feature(value), user: user)
      stopped.note(value, feature(value), user: user)
      if bits >> 50 % 30 == 0 {
        var restored = NegativeSampler(settings, seed: 3)
        let isRestored = restored.restore(stopped.state)
        #expect(isRestored)
        #expect(restored.state == stopped.state)
        stopped = restored
      }
    }
    #expect(straight.state == stopped.state)
  }

  @Test("restores into less room what was seen last, and refuses what does not fit together")
  func smaller() {
    var sampler = sampler(SamplingSettings(users: 4, recent: 4), count: 6)
    for user in 1...4 as ClosedRange<UInt64> {
      for value in 1...4 as ClosedRange<UInt64> { sampler.note(value, feature(value), user: user) }
    }
    var smaller = NegativeSampler(SamplingSettings(reservoir: 3, users: 2, recent: 2), seed: 7)
    var isRestored = smaller.restore(sampler.state)
    #expect(isRestored)
    #expect(smaller.state.values == [2, 3, 4] && smaller.state.valueCounts == [5, 5, 5])
    #expect(smaller.state.users == [3, 4] && smaller.state.seenValues == [3, 4, 3, 4])
    var damaged = sampler.state
    damaged.valueOrder[0] = damaged.valueOrder[1]
    isRestored = smaller.restore(damaged)
    #expect(!isRestored)
    damaged = sampler.state
    damaged.featureCounts[2] = 7
    isRestored = smaller.restore(damaged)
    #expect(!isRestored)
    #expect(smaller.state.values == [2, 3, 4])
  }

  @Test("finds in its tree what going through the weights finds")
  func tree() {
    var weights: [UInt64] = []
    var tree = WeightTree()
    for step in 0..<400 as Range<UInt64> {
      let bits = Draws.bits(seed: 5, stream: 1, index: step)
      if bits % 3 == 0 || weights.isEmpty {
        weights.append(bits >> 8 % 9)
        tree.append(bits >> 8 % 9)
      } else {
        let place = Int(bits >> 8 % UInt64(weights.count))
        tree.change(place, from: weights[place], to: bits >> 40 % 7)
        weights[place] = bits >> 40 % 7
      }
      #expect(tree.total == weights.reduce(0, +))
      var left = tree.total / 2
      guard left < tree.total else { continue }
      let expected = weights.firstIndex { weight in
        if left < weight { return true }
        left -= weight
        return false
      }
      #expect(tree.place(of: tree.total / 2) == expected)
    }
  }
}
