import Features
import Testing

@testable import AttentionalFM

@Suite("The embedding table") struct EmbeddingTableTests {
  private func filled(slots: Int, features: Int, seed: UInt64) throws -> (Model, [UInt64]) {
    let model = try Model(configuration: .test(kind: .linear, tableSlots: slots))
    let learner = OnlineLearner(model)
    let hashes = (0..<UInt64(features)).map { Draws.bits(seed: seed, stream: 5, index: $0) }
    for hash in hashes {
      learner.learn(TestEvent(features: [Feature(hash: hash, value: 1, field: 0)], label: 1, importance: 1))
    }
    return (model, hashes)
  }

  @Test("gives every feature a slot of its own, in one of its two buckets", arguments: [8, 64, 1024])
  func ownSlots(slots: Int) throws {
    let (model, hashes) = try filled(slots: slots, features: slots * 2, seed: 3)
    let rows = model.table.allRows
    #expect(Set(rows.hash).count == rows.count)
    #expect(UInt64(rows.count) == model.table.counters.claimed)
    #expect(Set(rows.hash).isSubset(of: hashes))
    for (slot, hash) in zip(rows.slot, rows.hash) {
      let (first, second) = model.table.candidates(of: hash)
      #expect(first != second && (slot / 4 * 4 == first || slot / 4 * 4 == second))
      #expect(model.table.slot(of: hash) == slot)
    }
    #expect(model.table.counters.claimed + model.table.counters.evicted == UInt64(slots * 2))
    for hash in hashes where !rows.hash.contains(hash) { #expect(model.table.slot(of: hash) == nil) }
  }

  @Test("loses next to nothing up to 70 % load, and little at 80 %")
  func load() throws {
    for (load, most) in [(50, 0.001), (70, 0.005), (80, 0.025)] {
      let features = 16384 * load / 100
      let (model, _) = try filled(slots: 16384, features: features, seed: 11)
      #expect(Double(model.table.counters.evicted) <= most * Double(features), "\(load) %")
      #expect(model.table.counters.dropped == 0)
    }
  }

  @Test("tells features with equal tags apart")
  func equalTags() throws {
    let model = try Model(configuration: .test(kind: .linear, tableSlots: 8))
    let learner = OnlineLearner(model)
    // The tag is the upper half of the hash folded onto the lower: these share it.
    let hashes: [UInt64] = [0x1111_2222_3333_4444, 0x1111_2223_3333_4445, 0x1111_2220_3333_4446, 0, 0x5_0000_0005]
    for (n, hash) in hashes.enumerated() {
      for _ in 0...n {
        learner.learn(TestEvent(features: [Feature(hash: hash, value: 1, field: 0)], label: 1, importance: 1))
      }
    }
    #expect(model.table.counters.claimed == 5)
    #expect(Set(hashes.compactMap { model.table.slot(of: $0) }).count == 5)
  }

  @Test("evicts what was learned longest ago, never a feature of the event, and drops what has no room")
  func eviction() throws {
    let model = try Model(configuration: .test(kind: .linear, tableSlots: 8))
    let learner = OnlineLearner(model)
    func feature(_ n: UInt64) -> Feature { Feature(hash: 100 + n, value: 1, field: 0) }
    func learn(_ numbers: [UInt64]) {
      learner.learn(TestEvent(features: numbers.map(feature), label: 1, importance: 1))
    }
    for n in 0..<8 as Range<UInt64> {
      model.eventsLearned = 1024 * (10 - n)
      learn([n])
    }
    #expect(model.table.counters == EmbeddingTable.Counters(claimed: 8))
    // With eight slots all features share both buckets. Feature 7 is the oldest, then 6.
    model.eventsLearned = 1024 * 20
    learn([7, 20])
    #expect(model.table.slot(of: feature(7).hash) != nil)
    #expect(model.table.slot(of: feature(6).hash) == nil)
    #expect(model.table.counters == EmbeddingTable.Counters(claimed: 8, evicted: 1))
    learn(Array(30..<42))
    #expect(model.table.counters == EmbeddingTable.Counters(claimed: 8, evicted: 9, dropped: 4))
    #expect((30..<38).allSatisfy { model.table.slot(of: feature($0).hash) != nil })
  }

  @Test("takes 160 bytes a slot and three bits at k = 16, and says how many")
  func bytes() throws {
    let slots: UInt64 = 1 << 20
    let model = try Model(configuration: .test(k: 16, tableSlots: 1 << 20))
    // Large tables are rounded to 2 MB.
    #expect(model.table.bytes >= 160 * slots && model.table.bytes <= 160 * slots + slots / 8 * 3 + (2 << 20))
    #expect(model.configuration.memoryBytes > model.table.bytes)
  }

  @Test("gives a repeated new feature one row")
  func repeated() throws {
    let model = try Model(configuration: .test())
    let learner = OnlineLearner(model)
    let twice = Feature(hash: 9, value: 1, field: 0)
    learner.learn(TestEvent(features: [twice, twice], label: 1, importance: 1))
    #expect(model.table.counters.claimed == 1)
  }
}
