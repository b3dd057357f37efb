import AttentionalFM
import CAFMKernels
import Features
import Synchronization
import Testing
import Threads

@testable import LiveModel

/// One writer as fast as it can, several readers: run it under ThreadSanitizer as well
/// (`swift test --sanitize=thread --filter LiveModelTests`).
@Suite("LiveModel under stress", .serialized) struct StressTests {
  private static let writes = 60_000
  /// The writer also goes on until the readers saw this many, so that a test never passes without having looked.
  private static let looks = 20_000
  private static let readers = 3
  /// More than cores, so that some lose theirs in the middle of a copy: only then the writer comes round the ring.
  private static let denseReaders = 8

  @Test("a scorer never sees half a row, nor a row of another feature", arguments: [1, 5, 16, 255, 512])
  func rows(k: Int) throws {
    // Eight slots hold the 12 features in turn, so rows also change their owner; feature 0 is written most, and looked
    // at most, so that a look often falls into a write.
    let model = try Model(configuration: .small(embeddingSize: k, tableSlots: 8))
    let memory = model.table.memory
    let isDone = Atomic<Bool>(false)
    let torn = Atomic<Int>(0)
    let seen = Atomic<Int>(0)
    withThreads(
      Self.readers,
      reading: { _ in
        let row = AlignedFloats(k)
        let weight = AlignedFloats(1)
        var n = 0
        var last: Float = 0
        while !isDone.load(ordering: .relaxed) {
          n += 1
          let feature = n % 4 == 0 ? n / 4 % 12 : 0
          guard memory.gather(UInt64(feature), weight: weight.base, row: row.base) else { continue }
          let number = weight.base[0]
          var isWhole = Int(number) % 12 == feature
          for d in 0..<k where row.base[d] != number { isWhole = false }
          if !isWhole { torn.add(1, ordering: .relaxed) }
          if number != last { seen.add(1, ordering: .relaxed) }
          last = number
        }
      }
    ) {
      let row = AlignedFloats(k)
      var n = 0
      while n < Self.writes || seen.load(ordering: .relaxed) < Self.looks {
        n += 1
        let feature = n % 4 == 0 ? n / 4 % 12 : 0
        let number = Float(n % 100_000 * 12 + feature)
        row.base.update(repeating: number, count: k)
        var slot = afm_table_find(memory.table, UInt64(feature))
        if slot < 0 { slot = afm_table_place(memory.table, UInt64(feature), nil, 0) }
        afm_table_publish(
          memory.table, UInt64(slot), UInt64(feature), number, 1, UInt32(n % 100_000), row.base, row.base)
      }
      isDone.store(true, ordering: .relaxed)
    }
    #expect(torn.load(ordering: .relaxed) == 0)
    #expect(model.table.memory === memory)
    print("live model: \(seen.load(ordering: .relaxed)) changed rows seen beside the writer, k = \(k)")
  }

  @Test("a scorer never sees a mixture of two dense publications", arguments: [16, 272, 1040])
  func dense(count: Int) throws {
    let ring = RingBox(Int64(count))
    let isDone = Atomic<Bool>(false)
    let torn = Atomic<Int>(0)
    let seen = Atomic<Int>(0)
    withThreads(
      Self.denseReaders,
      reading: { _ in
        let copy = AlignedFloats(count)
        var number: UInt64 = 0
        var generation: UInt64 = 0
        var last: UInt64 = 0
        while !isDone.load(ordering: .relaxed) {
          afm_ring_copy(ring.pointer, copy.base, &number, &generation)
          let isWhole = (0..<count).allSatisfy { copy.base[$0] == Float(number) }
          if !isWhole || number < last { torn.add(1, ordering: .relaxed) }
          if number > last { seen.add(1, ordering: .relaxed) }
          last = number
        }
      }
    ) {
      let values = AlignedFloats(count)
      var n = 0
      while n < Self.writes / 4 || seen.load(ordering: .relaxed) < Self.looks / 5, n < 1 << 24 {
        n += 1
        values.base.update(repeating: Float(n), count: count)
        afm_ring_publish(ring.pointer, values.base, UInt64(n))
      }
      isDone.store(true, ordering: .relaxed)
    }
    #expect(torn.load(ordering: .relaxed) == 0)
  }

  @Test("scorers answer while a learner learns and models are swapped")
  func learningAndSwapping() throws {
    let events = Events.random(count: 1500, seed: 5)
    let first = try LiveModel(Model(configuration: .small()))
    let reference = LiveModelReference(first)
    let isDone = Atomic<Bool>(false)
    let bad = Atomic<Int>(0)
    let answered = Atomic<Int>(0)
    withThreads(
      Self.readers,
      reading: { reader in
        let scorer = Scorer(reference)
        var n = reader
        while !isDone.load(ordering: .relaxed) || answered.load(ordering: .relaxed) == 0 {
          scorer.beginRequest()
          events[n % events.count].features.withUnsafeBufferPointer {
            if !scorer.score($0).raw.isFinite { bad.add(1, ordering: .relaxed) }
          }
          answered.add(1, ordering: .relaxed)
          n += 1
        }
      }
    ) {
      for size in [5, 16, 3] {
        guard let model = try? Model(configuration: .small(embeddingSize: size)), let live = try? LiveModel(model)
        else {
          bad.add(1, ordering: .relaxed)
          break
        }
        let learner = OnlineLearner(model)
        reference.swap(to: live)
        for event in events {
          event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
          live.publishDense(of: model, isIdle: false)
        }
      }
      isDone.store(true, ordering: .relaxed)
    }
    #expect(bad.load(ordering: .relaxed) == 0)
    #expect(reference.generation == 3)
  }

  @Test("scorers and rankers answer while rows are swept out of the table they read")
  func sweeping() throws {
    let events = Events.random(count: 400, seed: 6)
    let configuration = ModelConfiguration.small(tableSlots: 128)
    let model = try Model(configuration: configuration)
    let live = try LiveModel(model)
    let learner = OnlineLearner(model)
    let isDone = Atomic<Bool>(false)
    let bad = Atomic<Int>(0)
    let answered = Atomic<Int>(0)
    withThreads(
      Self.readers,
      reading: { reader in
        let scorer = Scorer(live)
        let ranker = Ranker(live)
        var predictions: [Prediction] = []
        var scores: [Ranker.Score] = []
        var n = reader
        while !isDone.load(ordering: .relaxed) {
          predictions.removeAll(keepingCapacity: true)
          scores.removeAll(keepingCapacity: true)
          events[n % events.count].features.withUnsafeBufferPointer { features in
            scorer.beginRequest()
            scorer.announce(features)
            predictions.append(scorer.score(features))
            scorer.score(features, ends: [features.count], into: &predictions)
            let context = UnsafeBufferPointer(rebasing: features[..<(features.count / 2)])
            let candidate = UnsafeBufferPointer(rebasing: features[(features.count / 2)...])
            ranker.beginRequest(context: context)
            ranker.announce(candidate)
            ranker.score(candidate, ends: [candidate.count], into: &scores)
          }
          let isFinite = predictions.allSatisfy { $0.raw.isFinite } && scores.allSatisfy { $0.raw.isFinite }
          if !isFinite || predictions.count != 2 || scores.count != 1 { bad.add(1, ordering: .relaxed) }
          answered.add(1, ordering: .relaxed)
          n += 1
        }
      }
    ) {
      var sweeps = 0
      while sweeps < 100 || answered.load(ordering: .relaxed) < Self.looks / 10 {
        var sweep = RowSweep(model.table, onlyChanged: sweeps % 3 != 0)
        sweep.fill(RowSegment(embeddingSize: configuration.embeddingSize, capacity: 256))
        for event in events[(sweeps % 20 * 20)..<(sweeps % 20 * 20 + 20)] {
          event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
          live.publishDense(of: model, isIdle: false)
          sweep.advance(maximum: 3)
        }
        if sweep.hasLostRows { bad.add(1, ordering: .relaxed) }
        sweep.settle(saved: sweeps % 2 == 0)
        sweeps += 1
      }
      isDone.store(true, ordering: .relaxed)
    }
    #expect(bad.load(ordering: .relaxed) == 0)
    #expect(answered.load(ordering: .relaxed) > 0)
  }

  /// Runs `writing` here beside `count` threads of `reading`, and joins them.
  private func withThreads(
    _ count: Int, reading: @escaping @Sendable (Int) -> Void, writing: () -> Void
  ) {
    let threads = (0..<count).map { number in
      DedicatedThread(name: "reader") { reading(number) }
    }
    writing()
    for thread in threads { thread.join() }
  }
}

/// A ring that the test's threads share.
///
/// `@unchecked Sendable`: the pointer never changes, and the ring's functions are atomic throughout.
private final class RingBox: @unchecked Sendable {
  let pointer: OpaquePointer

  init(_ count: Int64) {
    guard let ring = afm_ring_create(count) else { fatalError("no memory") }
    pointer = ring
  }

  deinit {
    afm_ring_destroy(pointer)
  }
}
