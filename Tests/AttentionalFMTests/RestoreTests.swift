import Features
import Testing

@testable import AttentionalFM

@Suite("Restoring a model") struct RestoreTests {
  private func learned(_ configuration: ModelConfiguration) throws -> Model {
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    for event in TestEvent.random(count: 300, seed: 1, values: 400) { learner.learn(event) }
    return model
  }

  private func restored(_ model: Model, into configuration: ModelConfiguration) throws -> Model {
    let copy = try Model(configuration: configuration)
    try copy.restore(
      dense: model.denseTensors, savedWith: model.configuration, eventsLearned: model.eventsLearned)
    try copy.table.restore(model.table.allRows)
    copy.table.restore(model.table.counters)
    return copy
  }

  @Test("gives the same bits, then and after learning on", arguments: ModelConfiguration.Kind.allCases)
  func exact(kind: ModelConfiguration.Kind) throws {
    // Small enough that features were evicted.
    let configuration = ModelConfiguration.test(kind: kind, tableSlots: 256)
    let model = try learned(configuration)
    let copy = try restored(model, into: configuration)
    #expect(model.table.counters.evicted > 0)
    #expect(ModelState(copy) == ModelState(model))
    let learners = (OnlineLearner(model), OnlineLearner(copy))
    for event in TestEvent.random(count: 300, seed: 2, values: 400) {
      #expect(learners.0.learn(event) == learners.1.learn(event))
    }
    #expect(ModelState(copy) == ModelState(model))
  }

  @Test("loads into a table of another size", arguments: [2048, 64])
  func otherSize(slots: Int) throws {
    let model = try learned(.test(tableSlots: 1024))
    let copy = try restored(model, into: .test(tableSlots: slots))
    let rows = copy.table.allRows
    #expect(UInt64(rows.count) == copy.table.counters.claimed)
    if slots > 1024 { #expect(Set(rows.hash) == Set(model.table.allRows.hash)) }
    #expect(rows.count <= slots && rows.count >= min(slots, Int(model.table.counters.claimed)) * 9 / 10)
  }

  @Test("takes fields whose names only look alike for different ones")
  func lookalikeFields() throws {
    let model = try learned(.test(fields: ["caf\u{e9}", "b", "c", "d", "e"]))
    let copy = try restored(model, into: .test(fields: ["cafe\u{301}", "b", "c", "d", "e"]))
    let loaded = try #require(copy.denseTensors.first { $0.name == "fieldPairs" })
    func value(_ a: Int, _ b: Int) -> Float { loaded.values[DenseLayout.fieldPair(a, b)] }
    #expect(value(1, 2) != 0 && (0..<5).allSatisfy { value(0, $0) == 0 })
  }

  @Test("keys the field-pair prior by the fields' names")
  func fields() throws {
    let model = try learned(.test())
    let copy = try restored(model, into: .test(fields: ["new", "e", "a", "c"]))
    let saved = try #require(model.denseTensors.first { $0.name == "fieldPairs" })
    let loaded = try #require(copy.denseTensors.first { $0.name == "fieldPairs" })
    func value(_ tensor: NamedTensor, _ a: Int, _ b: Int) -> Float { tensor.values[DenseLayout.fieldPair(a, b)] }
    #expect(value(loaded, 1, 2) == value(saved, 4, 0) && value(loaded, 1, 2) != 0)
    #expect(value(loaded, 3, 2) == value(saved, 0, 2))
    #expect(value(loaded, 1, 1) == value(saved, 4, 4))
    #expect((0..<4).allSatisfy { value(loaded, 0, $0) == 0 })
    #expect(loaded.accumulators[0] == model.configuration.initialAccumulator)
  }

  @Test("keys the field-pair weights by the fields' names, and lets them start where none were saved")
  func fieldPairWeights() throws {
    var configuration = ModelConfiguration.test()
    configuration.fieldPairWeights = true
    let model = try learned(configuration)
    configuration.layout = FieldLayout(names: ["new", "e", "a", "c"])
    let copy = try restored(model, into: configuration)
    let saved = try #require(model.denseTensors.first { $0.name == "fieldPairWeights" })
    let loaded = try #require(copy.denseTensors.first { $0.name == "fieldPairWeights" })
    func value(_ tensor: NamedTensor, _ a: Int, _ b: Int) -> Float { tensor.values[DenseLayout.fieldPair(a, b)] }
    #expect(value(loaded, 1, 2) == value(saved, 4, 0) && value(loaded, 1, 2) != 1)
    #expect((0..<4).allSatisfy { value(loaded, 0, $0) == 1 })

    var plain = ModelConfiguration.test()
    plain.fieldPairWeights = false
    let older = try learned(plain)
    let newer = try restored(older, into: configuration)
    let started = try #require(newer.denseTensors.first { $0.name == "fieldPairWeights" })
    #expect(started.values.allSatisfy { $0 == 1 })
    #expect(started.accumulators.allSatisfy { $0 == configuration.initialAccumulator })
    // And a model without them leaves them out.
    #expect(try restored(model, into: plain).denseTensors.allSatisfy { $0.name != "fieldPairWeights" })
  }

  @Test("refuses another k, t or kind, and damaged rows, with a reason")
  func refusals() throws {
    let model = try learned(.test())
    #expect(throws: ModelProblem.differs(setting: "embedding_size", saved: "5", here: "6")) {
      try restored(model, into: .test(k: 6))
    }
    #expect(throws: ModelProblem.differs(setting: "attention_size", saved: "7", here: "8")) {
      try restored(model, into: .test(t: 8))
    }
    #expect(throws: ModelProblem.differs(setting: "kind", saved: "afm", here: "fm")) {
      try restored(model, into: .test(kind: .fm))
    }
    let copy = try Model(configuration: .test())
    func damaged(_ change: (inout RowSegment.Row) -> Void) -> RowSegment {
      var segment = RowSegment(embeddingSize: 5, tableSlots: 1024)
      for (n, row) in model.table.allRows.rows.enumerated() {
        var row = row
        if n == 0 { change(&row) }
        segment.append(row)
      }
      return segment
    }
    #expect(damaged { _ in } == model.table.allRows)
    #expect(throws: ModelProblem.self) { try copy.table.restore(damaged { $0.slot ^= 512 }) }
    #expect(throws: ModelProblem.notFinite("embedding")) { try copy.table.restore(damaged { $0.embedding[4] = .nan }) }
    #expect(throws: ModelProblem.notFinite("accumulator")) { try copy.table.restore(damaged { $0.accumulator = -1 }) }
    #expect(throws: ModelProblem.notFinite("weight")) { try copy.table.restore(damaged { $0.weight = -.infinity }) }
    #expect(throws: ModelProblem.self) {
      try copy.table.restore(RowSegment(embeddingSize: 6, tableSlots: 1024))
    }
    var tensors = model.denseTensors
    tensors.removeFirst()
    #expect(throws: ModelProblem.missingTensor("bias")) {
      try copy.restore(dense: tensors, savedWith: model.configuration, eventsLearned: 1)
    }
  }

  @Test("an impossible configuration is refused by name")
  func configuration() {
    var configuration = ModelConfiguration.test()
    configuration.dropout = 1
    configuration.embeddingSize = 0
    configuration.initialAccumulator = .nan
    #expect(configuration.problems.count == 3)
    #expect(throws: configuration.problems[0]) { try Model(configuration: configuration) }
  }
}
