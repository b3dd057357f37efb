import AttentionalFM
import CAFMKernels
import Features
import Synchronization
import Testing
import Threads

@testable import LiveModel

/// One writer as fast as it can, several readers: run it under ThreadSanitizer as well
/// (`swift test --sanitize=thread --filter LiveModelTests`).
@Suite("LiveModel under stress") struct StressTests {
  private static let writes = 60_000
  /// The writer also goes on until the readers saw this many, so that a test never passes without having looked.
  private static let looks = 20_000
  private static let readers = 3

  @Test("a scorer never sees half a row, nor a row of another feature", arguments: [1, 5, 16, 33])
  func rows(k: Int) throws {
    // Eight slots hold the 12 features in turn, so rows also change their owner all the time.
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
        while !isDone.load(ordering: .relaxed) {
          for feature in 0..<12 {
            guard memory.gather(UInt64(feature), weight: weight.base, row: row.base) else { continue }
            seen.add(1, ordering: .relaxed)
            let number = row.base[0]
            let isWhole = (0..<k).allSatisfy { row.base[$0] == number } && weight.base[0] == number
            if !isWhole || Int(number) % 12 != feature { torn.add(1, ordering: .relaxed) }
          }
        }
      }
    ) {
      let row = AlignedFloats(k)
      var n = 0
      while n < Self.writes || seen.load(ordering: .relaxed) < Self.looks {
        n += 1
        if n >= 1 << 24 { n = Self.writes }
        let hash = UInt64(n % 12)
        row.base.update(repeating: Float(n), count: k)
        var slot = afm_table_find(memory.table, hash)
        if slot < 0 { slot = afm_table_place(memory.table, hash, nil, 0) }
        afm_table_publish(
          memory.table, UInt64(slot), hash, Float(n), 1, UInt32(n), row.base, row.base)
      }
      isDone.store(true, ordering: .relaxed)
    }
    #expect(torn.load(ordering: .relaxed) == 0)
    #expect(model.table.memory === memory)
    print("live model: \(seen.load(ordering: .relaxed)) rows gathered beside the writer, k = \(k)")
  }

  @Test("a scorer never sees a mixture of two dense publications", arguments: [16, 272, 5008])
  func dense(count: Int) throws {
    let ring = RingBox(Int64(count))
    let isDone = Atomic<Bool>(false)
    let torn = Atomic<Int>(0)
    let seen = Atomic<Int>(0)
    withThreads(
      Self.readers,
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
      while n < Self.writes / 4 || seen.load(ordering: .relaxed) < Self.looks / 100, n < 1 << 24 {
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
