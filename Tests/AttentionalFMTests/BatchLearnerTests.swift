import Features
import Testing

@testable import AttentionalFM

@Suite("The batch learner") struct BatchLearnerTests {
  private static func configurations() -> [ModelConfiguration] {
    var dropping = ModelConfiguration.test(k: 16)
    dropping.dropout = 0.4
    dropping.regularization = Regularization(projection: 0.01, linear: 0.02, embedding: 0.03)
    var manyFields = ModelConfiguration.test(fields: (0..<40).map { "f\($0)" })
    manyFields.loss = .squared
    var limited = ModelConfiguration.test(tableSlots: 64)
    limited.maximumFeatures = 4
    limited.attentionScale = .paper
    var bare = ModelConfiguration.test()
    bare.fieldPairPrior = false
    bare.fieldPairWeights = false
    bare.step = .explicit
    var weighted = manyFields
    weighted.fieldPairWeights = true
    weighted.step = .explicit
    var weightedMachine = ModelConfiguration.test(kind: .fm)
    weightedMachine.fieldPairWeights = true
    weightedMachine.step = .explicit
    var implicit = weighted
    implicit.step = .implicit
    var implicitMachine = dropping
    implicitMachine.kind = .fm
    implicitMachine.step = .implicit
    return [
      .test(), .test(kind: .fm), .test(kind: .linear), .test(tableSlots: 32), dropping, manyFields, limited, bare,
      weighted, weightedMachine, implicit, implicitMachine,
    ]
  }

  @Test("is the online learner to the bit where a batch is one event", arguments: 0..<12)
  func batchesOfOne(number: Int) throws {
    let configuration = Self.configurations()[number]
    let model = try Model(configuration: configuration)
    let twin = try Model(configuration: configuration)
    let learner = BatchLearner(model, batchSize: 1)
    let online = OnlineLearner(twin)
    for var event in TestEvent.random(count: 600, seed: 9) {
      if event.features.count == 3 { event.features = [event.features[1]] }
      learner.learn([event])
      #expect(learner.steps == [online.learn(event)])
    }
    #expect(ModelState(model) == ModelState(twin))
    #expect(model.eventsLearned == 600)
  }

  @Test("moves against the sum of the gradients, with the penalties once", arguments: 0..<30)
  func summedGradients(number: Int) throws {
    let configuration = BruteForceTests.configuration(number)
    let model = try Model(configuration: configuration)
    let learner = BatchLearner(model, batchSize: 4)
    for n in 0..<6 {
      learner.learn([
        TestEvent(features: BruteForceTests.features(8, number * 100 + n), label: Float(n % 2), importance: 1)
      ])
    }
    let events = (0..<4).map { n in
      TestEvent(
        features: BruteForceTests.features(8, number * 10 + n), label: Float((n + number) % 2), importance: 1 + Float(n)
      )
    }
    let hashes = events[0].features.map(\.hash)
    let k = configuration.effectiveEmbeddingSize
    var brute = BruteForce(model, rows: hashes)
    var expected = [Double](repeating: 0, count: brute.parameters.count)
    for (n, event) in events.enumerated() {
      let kept = (0..<k).map { d -> Double in
        let keeps = Draws.keeps(
          seed: configuration.seed, eventNumber: model.eventsLearned + UInt64(n), coordinate: d,
          dropout: configuration.dropout)
        return keeps ? Double(1 / (1 - configuration.dropout)) : 0
      }
      let gradient = brute.gradient(
        event.features, label: Double(event.label), importance: Double(event.importance), kept: kept)
      for index in expected.indices { expected[index] += gradient[index] }
      brute.configuration.regularization = Regularization(embedding: 0)
    }
    let before = Sums(model, rows: hashes)
    learner.learn(events)
    #expect(learner.steps.allSatisfy { $0.outcome == .applied })
    let after = Sums(model, rows: hashes)
    let moved = BruteForce(model, rows: hashes)
    for n in expected.indices {
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

  @Test("inserts a new feature once, for the batch that first has it")
  func newFeatures() throws {
    let model = try Model(configuration: .test())
    let learner = BatchLearner(model, batchSize: 3)
    let event = TestEvent(
      features: (0..<4).map { Feature(hash: UInt64($0) + 1, value: 1, field: UInt16($0)) }, label: 1, importance: 1)
    learner.learn([event, event, event])
    #expect(learner.steps.allSatisfy { $0.prediction.known == 0 && $0.prediction.unknown == 4 })
    #expect(model.table.counters == EmbeddingTable.Counters(claimed: 4))
    learner.learn([event])
    #expect(learner.steps[0].prediction.known == 4)
    #expect(model.eventsLearned == 4)
  }

  @Test("never lets a row of the batch give way")
  func evictions() throws {
    let model = try Model(configuration: .test(tableSlots: 8))
    let learner = BatchLearner(model, batchSize: 3)
    func event(_ hashes: ClosedRange<UInt64>) -> TestEvent {
      TestEvent(
        features: hashes.enumerated().map { Feature(hash: Draws.mixed($1), value: 1, field: UInt16($0 % 5)) }, label: 1,
        importance: 1)
    }
    learner.learn([event(1...8)])
    #expect(model.table.counters == EmbeddingTable.Counters(claimed: 8))
    // Six of the eight are in the batch, also where they come after the new ones: two can give way.
    learner.learn([event(9...12), event(1...3), event(4...6)])
    #expect(model.table.counters == EmbeddingTable.Counters(claimed: 8, evicted: 2, dropped: 2))
    for hash in UInt64(1)...6 { #expect(model.table.slot(of: Draws.mixed(hash)) != nil) }
  }

  @Test("leaves out an event that is not finite, and only that")
  func refusals() throws {
    let events = TestEvent.random(count: 90, seed: 5)
    var hostile = events[50]
    hostile.features[0].value = 1e30
    hostile.features.append(Feature(hash: 4711, value: 1, field: 4))
    let model = try Model(configuration: .test())
    let twin = try Model(configuration: .test())
    let learner = BatchLearner(model, batchSize: 31)
    let other = BatchLearner(twin, batchSize: 31)
    for start in stride(from: 0, to: 90, by: 30) {
      let batch = Array(events[start..<(start + 30)])
      learner.learn(Array(batch.prefix(11)) + [hostile] + batch.dropFirst(11))
      #expect(learner.steps.filter { $0.outcome == .notFinite }.count == 1)
      #expect(learner.steps[11].outcome == .notFinite)
      other.learn(batch)
    }
    #expect(ModelState(model) == ModelState(twin))
    let before = ModelState(model)
    learner.learn([hostile])
    learner.learn([hostile, hostile])
    #expect(learner.steps.map(\.outcome) == [.notFinite, .notFinite])
    #expect(ModelState(model) == before)
  }

  @Test("moves the attention network alone where told so")
  func freezing() throws {
    var configuration = ModelConfiguration.test()
    configuration.regularization.projection = 0.01
    let model = try Model(configuration: configuration)
    let everything = BatchLearner(model, batchSize: 10)
    let events = TestEvent.random(count: 100, seed: 3)
    for start in stride(from: 0, to: 50, by: 10) { everything.learn(Array(events[start..<(start + 10)])) }
    let rows = model.table.allRows
    let tensors = model.denseTensors
    let attention = BatchLearner(model, training: .attention, batchSize: 10)
    for start in stride(from: 50, to: 100, by: 10) { attention.learn(Array(events[start..<(start + 10)])) }
    #expect(model.table.allRows == rows)
    for (before, after) in zip(tensors, model.denseTensors) {
      #expect((before == after) == ["bias", "output"].contains(before.name), "\(before.name)")
    }
    #expect(model.eventsLearned == 100)
  }

  @Test("starts from the parameters of another kind of model", arguments: [true, false])
  func starting(keepsAccumulators: Bool) throws {
    let machine = try Model(configuration: .test(kind: .fm))
    let learner = OnlineLearner(machine)
    for event in TestEvent.random(count: 300, seed: 6) { learner.learn(event) }
    let model = try Model(configuration: .test(kind: .afm, tableSlots: 2048))
    try model.start(from: machine, keepingAccumulators: keepsAccumulators)
    #expect(model.eventsLearned == 300)
    let old = Dictionary(uniqueKeysWithValues: machine.table.allRows.rows.map { ($0.hash, $0) })
    let new = model.table.allRows.rows
    #expect(new.count == old.count)
    for row in new {
      let before = try #require(old[row.hash])
      #expect(row.weight == before.weight && row.embedding == before.embedding && row.lastSeen == before.lastSeen)
      let initial = model.configuration.initialAccumulator
      #expect(row.accumulator == (keepsAccumulators ? before.accumulator : initial))
      #expect(
        row.embeddingAccumulator
          == (keepsAccumulators ? before.embeddingAccumulator : before.embedding.map { _ in initial }))
    }
    let fresh = try Model(configuration: .test(kind: .afm)).denseTensors
    for tensor in model.denseTensors {
      let before = machine.denseTensors.first { $0.name == tensor.name } ?? fresh.first { $0.name == tensor.name }
      #expect(tensor.values == before?.values)
    }
    let wider = try Model(configuration: .test(k: 6))
    #expect(throws: ModelProblem.differs(setting: "embedding_size", saved: "5", here: "6")) {
      try wider.start(from: machine, keepingAccumulators: false)
    }
  }
}

extension BatchLearner {
  func learn(_ events: [TestEvent]) {
    var features: [Feature] = []
    let batch = events.map { event in
      features += event.features
      return BatchEvent(
        features: (features.count - event.features.count)..<features.count, label: event.label,
        importance: event.importance)
    }
    batch.withUnsafeBufferPointer { batch in features.withUnsafeBufferPointer { step(batch, features: $0) } }
  }
}
