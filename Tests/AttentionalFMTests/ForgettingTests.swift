import Features
import Foundation
import Testing

@testable import AttentionalFM

@Suite("Forgetting with event time") struct ForgettingTests {
  private static let halfLife: Int64 = 3_600_000

  private func configuration(
    _ scope: ForgettingSettings.Scope = .all, weights: Bool = false, kind: ModelConfiguration.Kind = .afm,
    tableSlots: Int = 256
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration.test(kind: kind, tableSlots: tableSlots)
    configuration.forgetting = ForgettingSettings(
      halfLifeMilliseconds: ForgettingTests.halfLife, scope: scope, weights: weights)
    return configuration
  }

  /// Times of events, most a few seconds after the one before, some much later, some earlier.
  private func times(_ count: Int, seed: UInt64) -> [Int64] {
    var time: Int64 = 1_700_000_000_000
    return (0..<UInt64(count)).map { n in
      let drawn = Int64(Draws.bits(seed: seed, stream: 77, index: n) % 1000)
      time += drawn == 0 ? ForgettingTests.halfLife : drawn * 7
      return drawn % 5 == 0 ? time - 20_000 : time
    }
  }

  @Test("computes powers of two to the last places")
  func shares() {
    for steps in Array(0...3000) + [Int64(10_240), 50_000, 900_000] {
      let expected = pow(2, -Double(steps) / 1024)
      #expect(abs(ForgettingClock.share(after: Int64(steps)) - expected) <= 4e-16 * expected)
    }
    #expect(ForgettingClock.share(after: 1024) == 0.5 && ForgettingClock.share(after: -3) == 1)
    #expect(ForgettingClock.share(after: .max) == 0)
  }

  @Test("knows when every block began, in bounded memory", arguments: [UInt64(1), 2])
  func blocks(seed: UInt64) {
    var clock = ForgettingClock(halfLifeMilliseconds: 60_000)
    var began: [UInt32: Int64] = [:]
    var time: Int64 = -5_000_000
    var block: UInt32 = 3
    for n in 0..<200_000 as Range<UInt64> {
      let drawn = Draws.bits(seed: seed, stream: 1, index: n)
      time += Int64(drawn % 200)
      _ = clock.advance(to: time - Int64(drawn >> 20 % 50))
      if drawn >> 40 % 2 == 0 {
        block += 1 + UInt32(drawn >> 44 % 3 / 2)
        began[block] = clock.step
      }
      clock.begin(block: block)
      if began[block] == nil { began[block] = clock.step }
      if n % 5000 == 0 {
        for (earlier, step) in began where began.count < 2000 || earlier % 97 == 0 {
          let expected = (began[block] ?? 0) - step
          if expected < 32 * 1024 { #expect(clock.steps(since: earlier) == expected) }
          #expect(clock.steps(since: earlier) >= min(expected, 32 * 1024))
        }
      }
    }
    #expect(clock.steps(since: block + 1) == 0 && clock.steps(since: 0) >= 32 * 1024)
    #expect(clock.state.blocks.count < 65_536 && clock.step > 100_000 && began.count > 70_000)
  }

  @Test("gives what forgetting everything at the beginning of each block would give", arguments: [false, true])
  func eager(weights: Bool) throws {
    let forgetful = configuration(weights: weights, tableSlots: 1024)
    var plain = forgetful
    plain.forgetting = nil
    let learner = OnlineLearner(try Model(configuration: forgetful))
    var reference = OnlineLearner(try Model(configuration: plain))
    var clock = ForgettingClock(halfLifeMilliseconds: ForgettingTests.halfLife)
    var begun: Int64?
    let events = TestEvent.random(count: 5000, seed: 8)
    for (event, time) in zip(events, times(events.count, seed: 8)) {
      learner.model.advanceClock(to: time)
      let dense = clock.advance(to: time)
      let isNew = reference.model.eventsLearned % 1024 == 0
      let rows = isNew ? clock.step - (begun ?? clock.step) : 0
      if isNew { begun = clock.step }
      let predicted = event.features.withUnsafeBufferPointer { reference.predict($0).raw }
      if rows > 0 {
        reference = OnlineLearner(
          try forgotten(reference.model, plain, dense: dense, rows: rows, weights: weights))
      } else if dense > 0 {
        try forgetDense(of: reference.model, into: reference.model, plain, dense)
      }
      let step = learner.learn(event)
      // Where weights fall back, predictions are made of what they were when they were learned last.
      if !weights { #expect(abs(step.prediction.raw - predicted) < 2e-3) }
      reference.learn(event)
    }
    let (own, other) = (learner.model.table.allRows, reference.model.table.allRows)
    #expect(Set(own.hash) == Set(other.hash) && begun != nil)
    let expected = Dictionary(other.rows.map { ($0.hash, $0) }, uniquingKeysWith: { first, _ in first })
    for row in own.rows where row.lastSeen == 4 {
      let wanted = try #require(expected[row.hash])
      #expect(abs(row.accumulator - wanted.accumulator) < 1e-2 * wanted.accumulator)
      #expect(abs(row.weight - wanted.weight) < 1e-2)
    }
    for (tensor, wanted) in zip(learner.model.denseTensors, reference.model.denseTensors) {
      for (sum, expected) in zip(tensor.accumulators, wanted.accumulators) {
        #expect(abs(sum - expected) < 1e-2 * expected, "\(tensor.name)")
      }
    }
  }

  private func fallen(_ sum: Float, _ steps: Int64, _ configuration: ModelConfiguration) -> Float {
    let start = Double(configuration.initialAccumulator)
    return Float(start + (Double(sum) - start) * pow(2, -Double(steps) / 1024))
  }

  private func forgetDense(
    of model: Model, into other: Model, _ configuration: ModelConfiguration, _ steps: Int64
  ) throws {
    var tensors = model.denseTensors
    for index in tensors.indices {
      tensors[index].accumulators = tensors[index].accumulators.map { fallen($0, steps, configuration) }
    }
    try other.restore(dense: tensors, savedWith: configuration, eventsLearned: model.eventsLearned)
  }

  /// The model with every sum, and every weight of a feature, fallen back.
  private func forgotten(
    _ model: Model, _ configuration: ModelConfiguration, dense: Int64, rows: Int64, weights: Bool
  ) throws -> Model {
    let copy = try Model(configuration: configuration)
    try forgetDense(of: model, into: copy, configuration, dense)
    func fallen(_ sum: Float, _ steps: Int64) -> Float { self.fallen(sum, steps, configuration) }
    var segment = RowSegment(embeddingSize: copy.table.embeddingSize, tableSlots: copy.table.slotCount)
    for var row in model.table.allRows.rows {
      row.accumulator = fallen(row.accumulator, rows)
      row.embeddingAccumulator = row.embeddingAccumulator.map { fallen($0, rows) }
      if weights, rows > 0 {
        let share = Float(pow(2, -Double(rows) / 1024))
        row.weight *= share
        for d in row.embedding.indices {
          let drawn = Draws.embedding(seed: configuration.seed, hash: row.hash, coordinate: d, scale: 0.1)
          row.embedding[d] = drawn + (row.embedding[d] - drawn) * share
        }
      }
      segment.append(row)
    }
    try copy.table.restore(segment)
    copy.table.restore(model.table.counters)
    copy.table.settleRestored()
    return copy
  }

  @Test("lets what is learned again fall back by what has passed, and nothing else", arguments: [false, true])
  func onceAgain(weights: Bool) throws {
    var configuration = configuration(weights: weights, tableSlots: 1024)
    configuration.epsilon = 1
    configuration.regularization.embedding = 0
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    model.advanceClock(to: 0)
    for event in TestEvent.random(count: 1024, seed: 9) { learner.learn(event) }
    let before = Dictionary(uniqueKeysWithValues: model.table.allRows.rows.map { ($0.hash, $0) })
    model.advanceClock(to: 2 * ForgettingTests.halfLife)
    // An event of next to no weight moves nothing by itself.
    var event = TestEvent.random(count: 1, seed: 9)[0]
    event.importance = 1e-30
    learner.learn(event)
    let learned = Set(event.features.map(\.hash))
    for row in model.table.allRows.rows {
      let old = try #require(before[row.hash])
      guard learned.contains(row.hash) else {
        #expect(row == old)
        continue
      }
      #expect(abs(row.accumulator - (0.3 + (old.accumulator - 0.3) / 4)) < 1e-6)
      #expect(row.weight == (weights ? old.weight / 4 : old.weight))
      for d in row.embedding.indices {
        let drawn = Draws.embedding(seed: 1, hash: row.hash, coordinate: d, scale: configuration.embeddingScale)
        let expected = weights ? drawn + (old.embedding[d] - drawn) / 4 : old.embedding[d]
        #expect(abs(row.embedding[d] - expected) < 1e-6)
      }
    }
  }

  @Test("leaves the sums of features where only the dense ones fall back")
  func dense() throws {
    let learner = OnlineLearner(try Model(configuration: configuration(.dense)))
    let events = TestEvent.random(count: 1500, seed: 10)
    for (event, time) in zip(events, times(events.count, seed: 10)) {
      learner.model.advanceClock(to: time)
      learner.learn(event)
    }
    let rows = learner.model.table.allRows
    let sums = learner.model.denseTensors.map(\.accumulators)
    learner.model.advanceClock(to: 3_000_000_000_000)
    #expect(learner.model.table.allRows == rows)
    #expect(learner.model.denseTensors.flatMap(\.accumulators).allSatisfy { $0 == 0.3 })
    #expect(sums.flatMap { $0 }.contains { $0 > 0.4 })
  }

  @Test("does nothing where it is not configured, whatever the clock says", arguments: ModelConfiguration.Kind.allCases)
  func off(kind: ModelConfiguration.Kind) throws {
    let still = OnlineLearner(try Model(configuration: .test(kind: kind)))
    let running = OnlineLearner(try Model(configuration: .test(kind: kind)))
    let events = TestEvent.random(count: 1500, seed: 11)
    for (event, time) in zip(events, times(events.count, seed: 11)) {
      running.model.advanceClock(to: time)
      #expect(running.learn(event) == still.learn(event))
    }
    #expect(ModelState(running.model) == ModelState(still.model) && running.model.forgettingState == nil)
    #expect(
      ModelConfiguration.test().memoryBytes + ForgettingClock.bytes == configuration(tableSlots: 1024).memoryBytes)
  }

  @Test("goes on from a saved state with the same bits, in a table of any size", arguments: [false, true])
  func restored(weights: Bool) throws {
    let configuration = configuration(weights: weights)
    let learner = OnlineLearner(try Model(configuration: configuration))
    let events = TestEvent.random(count: 4000, seed: 12, values: 400)
    let times = times(events.count, seed: 12)
    for (event, time) in zip(events, times).prefix(2500) {
      learner.model.advanceClock(to: time)
      learner.learn(event)
    }
    let model = learner.model
    let copy = try Model(configuration: configuration)
    try copy.restore(dense: model.denseTensors, savedWith: configuration, eventsLearned: model.eventsLearned)
    try copy.table.restore(model.table.allRows)
    copy.table.restore(model.table.counters)
    try copy.restore(forgetting: try #require(model.forgettingState))
    let other = OnlineLearner(copy)
    for (event, time) in zip(events, times).dropFirst(2500) {
      model.advanceClock(to: time)
      copy.advanceClock(to: time)
      #expect(learner.learn(event) == other.learn(event))
    }
    #expect(ModelState(copy) == ModelState(model) && copy.forgettingState == model.forgettingState)
  }

  @Test("counts what was learned before it was configured as learned when the clock begins to run")
  func olderModel() throws {
    var plain = configuration(tableSlots: 1024)
    plain.forgetting = nil
    let older = OnlineLearner(try Model(configuration: plain))
    let events = TestEvent.random(count: 2048, seed: 13)
    for event in events { older.learn(event) }
    let model = try Model(configuration: configuration(tableSlots: 1024))
    try model.restore(
      dense: older.model.denseTensors, savedWith: plain, eventsLearned: older.model.eventsLearned)
    try model.table.restore(older.model.table.allRows)
    let learner = OnlineLearner(model)
    let before = Dictionary(uniqueKeysWithValues: model.table.allRows.rows.map { ($0.hash, $0.accumulator) })
    model.advanceClock(to: 1_700_000_000_000)
    var event = events[0]
    event.importance = 0
    learner.learn(event)
    for row in model.table.allRows.rows { #expect(row.accumulator == before[row.hash]) }
  }

  @Test("goes on with another half-life, and takes no state that contradicts itself")
  func otherHalfLife() throws {
    var clock = ForgettingClock(halfLifeMilliseconds: 60_000)
    for block in 0..<100 as Range<UInt32> {
      _ = clock.advance(to: 1_700_000_000_000 + Int64(block) * 30_000)
      clock.begin(block: block)
    }
    #expect(clock.steps(since: 50) == 49 * 512)
    var other = ForgettingClock(halfLifeMilliseconds: 120_000)
    try other.restore(clock.state)
    #expect(abs(other.steps(since: 50) - 49 * 256) <= 1 && other.time == clock.time)
    #expect(other.advance(to: 1_700_000_000_000 + 99 * 30_000 + 120_000) == 1024)
    for damage in 0..<5 {
      var state = clock.state
      switch damage {
      case 0: state.halfLifeMilliseconds = 0
      case 1: state.steps.removeLast()
      case 2: state.steps[3] = state.steps[4]
      case 3: state.blocks[7] = 0
      default: state.time = nil
      }
      let before = other
      #expect(throws: ModelProblem.self) { try other.restore(state) }
      #expect(other == before)
    }
  }

  @Test("is refused where it is impossible, and not written where it is not in use")
  func problems() throws {
    var configuration = configuration(.dense, weights: true)
    #expect(configuration.problems.count == 1)
    configuration.loss = .ranking
    #expect(configuration.problems.count == 1)
    configuration.forgetting?.scope = .all
    #expect(configuration.problems.count == 1)
    configuration.loss = .logistic
    configuration.forgetting?.scope = .dense
    configuration.forgetting?.halfLifeMilliseconds = 1
    #expect(configuration.problems.count == 2)
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: data) == configuration)
    #expect(
      !String(decoding: try JSONEncoder().encode(ModelConfiguration.test()), as: UTF8.self).contains("forgetting"))
  }
}
