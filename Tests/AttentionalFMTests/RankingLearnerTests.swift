import Features
import Testing

@testable import AttentionalFM

@Suite("The learner of rankings") struct RankingLearnerTests {
  private static func configuration(_ number: Int) -> ModelConfiguration {
    var configuration = BruteForceTests.configuration(number)
    configuration.loss = .ranking
    return configuration
  }

  /// Alternatives that share all features but the last two of each.
  private static func alternatives(_ count: Int, _ number: Int) -> [[Feature]] {
    let shared = BruteForceTests.features(5, number)
    return (0..<count).map { n -> [Feature] in
      let value = 1 + Float(n) / 4
      return shared + [
        Feature(hash: Draws.mixed(UInt64(100 + 2 * n)), value: value, field: 2),
        Feature(hash: Draws.mixed(UInt64(101 + 2 * n)), value: value, field: 3),
      ]
    }
  }

  @Test("moves against the gradient of the summed losses of all pairs, with the penalties once", arguments: 0..<30)
  func gradients(number: Int) throws {
    let configuration = Self.configuration(number)
    let model = try Model(configuration: configuration)
    let learner = RankingLearner(model, negatives: 3)
    let count = 2 + number % 3
    for n in 0..<6 { learner.learn(Self.alternatives(4, number * 100 + n), importance: 1) }
    let alternatives = Self.alternatives(count, number)
    var hashes: [UInt64] = []
    for feature in alternatives.joined() where !hashes.contains(feature.hash) { hashes.append(feature.hash) }
    let k = configuration.effectiveEmbeddingSize
    let kept = (0..<k).map { d -> Double in
      guard configuration.dropout > 0 else { return 1 }
      let keeps = Draws.keeps(
        seed: configuration.seed, eventNumber: model.eventsLearned, coordinate: d, dropout: configuration.dropout)
      return keeps ? Double(1 / (1 - configuration.dropout)) : 0
    }
    let ranking = BruteForceRanking(model, alternatives, rows: hashes)
    let brute = ranking.all
    let expected = ranking.gradient(importance: 1.5, kept: kept)
    let before = Sums(model, rows: hashes)

    #expect(learner.learn(alternatives, importance: 1.5) == .applied)
    for (score, prediction) in zip(ranking.scores(kept: Array(repeating: 1, count: k)), learner.predictions) {
      #expect(abs(Double(prediction.raw) - score) <= 1e-5 * max(1, abs(score)))
    }
    let after = Sums(model, rows: hashes)
    let moved = BruteForce(model, rows: hashes)
    #expect(after.all[0] == before.all[0] && moved.parameters[0] == 0, "w0 has no gradient")
    for n in expected.indices.dropFirst() {
      let squared = expected[n] * expected[n]
      #expect(
        abs(after.all[n] - before.all[n] - squared) <= 2e-3 * squared + 4e-6 * max(1, after.all[n]),
        "parameter \(n), gradient \(expected[n]), configuration \(number)")
      let step = moved.parameters[n] - brute.parameters[n]
      let wanted = -Double(after.rates[n]) * expected[n] / after.all[n].squareRoot()
      #expect(
        abs(step - wanted) <= 2e-3 * abs(wanted) + 4e-6 * max(1, abs(brute.parameters[n])),
        "parameter \(n), step \(step) instead of \(wanted), configuration \(number)")
    }
  }

  @Test("gives the same bits with every arithmetic that fuses")
  func arithmetics() throws {
    let kernels = ["scalar", "v3", "v4", "neon"].compactMap { Kernels(named: $0) }.filter { $0.isFused }
    var configuration = ModelConfiguration.test(k: 16, tableSlots: 64)
    configuration.loss = .ranking
    configuration.dropout = 0.2
    let states = try kernels.map { kernels in
      let model = try Model(configuration: configuration)
      let learner = RankingLearner(model, negatives: 2, kernels: kernels)
      for n in 0..<300 { learner.learn(Self.alternatives(3, n), importance: 1 + Float(n % 2)) }
      return ModelState(model)
    }
    #expect(states.count > 1 && states.allSatisfy { $0 == states[0] })
  }

  @Test("counts a positive without negatives, and learns nothing from it")
  func alone() throws {
    let model = try Model(configuration: Self.configuration(0))
    let learner = RankingLearner(model, negatives: 2)
    learner.learn(Self.alternatives(3, 1), importance: 1)
    let before = ModelState(model)
    #expect(learner.learn(Self.alternatives(1, 2), importance: 1) == .applied)
    var after = ModelState(model)
    #expect(after.eventsLearned == 2 && learner.predictions.count == 1)
    after.eventsLearned = 1
    #expect(after == before)
  }

  @Test("leaves no trace of what is not finite")
  func refusals() throws {
    var configuration = ModelConfiguration.test()
    configuration.loss = .ranking
    let model = try Model(configuration: configuration)
    let learner = RankingLearner(model, negatives: 2)
    for n in 0..<20 { learner.learn(Self.alternatives(3, n), importance: 1) }
    let before = ModelState(model)
    var wild = Self.alternatives(3, 30)
    wild[1].append(Feature(hash: 9, value: 3e38, field: 4))
    #expect(learner.learn(wild, importance: 1) == .notFinite)
    #expect(ModelState(model) == before)
    // What the backward passes left is put back: the next step is as if nothing had been.
    let twin = try Model(configuration: configuration)
    let other = RankingLearner(twin, negatives: 2)
    for n in 0..<20 { other.learn(Self.alternatives(3, n), importance: 1) }
    learner.learn(Self.alternatives(3, 40), importance: 1)
    other.learn(Self.alternatives(3, 40), importance: 1)
    #expect(ModelState(model) == ModelState(twin))
  }

  @Test("puts the positive above its negatives")
  func learns() throws {
    var configuration = ModelConfiguration.test()
    configuration.loss = .ranking
    let model = try Model(configuration: configuration)
    let learner = RankingLearner(model, negatives: 3)
    for _ in 0..<200 { learner.learn(Self.alternatives(4, 1), importance: 1) }
    let scores = learner.predictions.map(\.raw)
    #expect(scores.dropFirst().allSatisfy { $0 < scores[0] - 1 })
  }
}

@Suite("An offset") struct OffsetTests {
  @Test(
    "is added to the score before it is held against the label, and to nothing else",
    arguments: ModelConfiguration.Step.allCases)
  func offset(kind: ModelConfiguration.Step) throws {
    var configuration = ModelConfiguration.test(kind: .linear)
    configuration.initialAccumulator = 1
    configuration.step = kind
    for offset in [Float(0), 2.5, -1] {
      let model = try Model(configuration: configuration)
      let learner = OnlineLearner(model)
      let event = [Feature(hash: 5, value: 1, field: 0)]
      let step = event.withUnsafeBufferPointer { learner.step($0, label: 1, offset: offset) }
      let gradient = PortableMath.sigmoid(Double(offset)) - 1
      #expect(step.prediction.raw == 0 && step.tail == PortableMath.exp(-Double(offset).magnitude))
      let bias = model.denseTensors[0]
      if kind == .explicit { #expect(abs(Double(bias.accumulators[0]) - 1 - gradient * gradient) < 1e-6) }
      let batch = BatchLearner(try Model(configuration: configuration), batchSize: 1)
      let batched = [BatchEvent(features: 0..<1, label: 1, offset: offset)]
      event.withUnsafeBufferPointer { features in
        batched.withUnsafeBufferPointer { batch.step($0, features: features) }
      }
      #expect(batch.steps == [step] && ModelState(batch.model) == ModelState(model))
    }
  }

  @Test("makes of thinned negatives the odds that there were")
  func thinned() throws {
    var configuration = ModelConfiguration.test(kind: .linear)
    configuration.rates.bias = 0.1
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    // One in 101 is positive, and of the negatives one in ten was kept: one in eleven of the stream.
    let none = UnsafeBufferPointer<Feature>(start: nil, count: 0)
    let thinning = Float(-PortableMath.log(0.1))
    for n in 0..<55_000 { _ = learner.step(none, label: n % 11 == 0 ? 1 : 0, offset: thinning) }
    #expect(abs(Double(learner.predict(none).raw) - PortableMath.log(0.01)) < 0.1)
  }

  @Test("a part beside an event does not count, and draws a dropout of its own")
  func parts() throws {
    var configuration = ModelConfiguration.test()
    configuration.dropout = 0.5
    let events = TestEvent.random(count: 40, seed: 2)
    func learned(_ part: UInt64) throws -> ModelState {
      let model = try Model(configuration: configuration)
      let learner = OnlineLearner(model)
      for event in events {
        learner.learn(event)
        _ = event.features.withUnsafeBufferPointer { learner.step($0, label: 0, part: part) }
      }
      return ModelState(model)
    }
    let first = try learned(1)
    let second = try learned(2)
    #expect(first.eventsLearned == 40 && first.tensors != second.tensors)
  }
}

extension RankingLearner {
  @discardableResult
  func learn(_ alternatives: [[Feature]], importance: Float) -> LearningOutcome {
    var ranges: [Range<Int>] = []
    var all: [Feature] = []
    for features in alternatives {
      ranges.append(all.count..<(all.count + features.count))
      all += features
    }
    return all.withUnsafeBufferPointer { step(ranges, of: $0, importance: importance) }
  }
}

/// Several alternatives over one list of parameters, each a `BruteForce` of its own features.
private struct BruteForceRanking {
  var all: BruteForce
  let alternatives: [(event: BruteForce, features: [Feature], places: [Int])]

  init(_ model: Model, _ alternatives: [[Feature]], rows hashes: [UInt64]) {
    all = BruteForce(model, rows: hashes)
    let (k, count) = (all.k, all.parameters.count)
    self.alternatives = alternatives.map { features in
      var places = [0]
      for feature in features {
        let row = hashes.firstIndex(of: feature.hash) ?? 0
        places += (1 + row * (k + 1))..<(1 + (row + 1) * (k + 1))
      }
      places += (1 + hashes.count * (k + 1))..<count
      return (BruteForce(model, rows: features.map(\.hash)), features, places)
    }
  }

  /// The raw score of each alternative.
  func scores(kept: [Double]) -> [Double] {
    alternatives.map { alternative in
      var event = alternative.event
      event.parameters = alternative.places.map { all.parameters[$0] }
      return event.raw(alternative.features, kept: kept)
    }
  }

  /// The losses of all pairs times the importance, and the penalties.
  private func objective(importance: Double, kept: [Double]) -> Double {
    let scores = scores(kept: kept)
    let losses = scores.dropFirst().reduce(0) { $0 + PortableMath.softplus($1 - scores[0]) }
    var penalties = all
    penalties.configuration.loss = .squared
    return importance * losses + penalties.objective([], label: all.parameters[0], importance: 1, kept: kept)
  }

  /// The gradient by central differences.
  func gradient(importance: Double, kept: [Double]) -> [Double] {
    let step = 1e-6
    return all.parameters.indices.map { n in
      var moved = self
      moved.all.parameters[n] = all.parameters[n] + step
      let above = moved.objective(importance: importance, kept: kept)
      moved.all.parameters[n] = all.parameters[n] - step
      let below = moved.objective(importance: importance, kept: kept)
      return (above - below) / (2 * step)
    }
  }
}
