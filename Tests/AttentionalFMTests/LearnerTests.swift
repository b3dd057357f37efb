import Features
import Testing

@testable import AttentionalFM

@Suite("The learner") struct LearnerTests {
  @Test("leaves no trace of an event it refuses", arguments: [Float.greatestFiniteMagnitude, 1e25, 1e30])
  func refusal(value: Float) throws {
    let model = try Model(configuration: .test())
    let learner = OnlineLearner(model)
    let events = TestEvent.random(count: 50, seed: 1)
    for event in events { learner.learn(event) }
    let before = ModelState(model)
    var hostile = events[3]
    hostile.features[0].value = value
    hostile.features.append(Feature(hash: 77, value: value, field: 1))
    hostile.label = 1
    #expect(learner.learn(hostile).outcome == .notFinite)
    #expect(ModelState(model) == before)
    // And goes on as if it had never seen it.
    let twin = try Model(configuration: .test())
    let other = OnlineLearner(twin)
    for event in events { other.learn(event) }
    for event in TestEvent.random(count: 20, seed: 2) {
      #expect(learner.learn(event) == other.learn(event))
    }
    #expect(ModelState(model) == ModelState(twin))
  }

  @Test("refuses labels and importances that are not finite", arguments: [Float.nan, .infinity])
  func refusesLabels(number: Float) throws {
    let model = try Model(configuration: .test())
    let learner = OnlineLearner(model)
    var event = TestEvent.random(count: 1, seed: 1)[0]
    event.importance = number
    #expect(learner.learn(event).outcome == .notFinite)
    #expect(model.eventsLearned == 0)
    #expect(model.table.counters.claimed == 0)
  }

  @Test("predicts from known features alone, and learns with the new ones")
  func unknownFeatures() throws {
    let model = try Model(configuration: .test())
    let learner = OnlineLearner(model)
    let event = TestEvent(
      features: (0..<4).map { Feature(hash: UInt64($0) + 1, value: 1, field: UInt16($0)) }, label: 1, importance: 1)
    let first = learner.learn(event).prediction
    #expect(first == Prediction(raw: 0, known: 0, unknown: 4, pairs: 0, attentionEntropy: 1))
    let second = learner.learn(event).prediction
    #expect(second.known == 4 && second.unknown == 0 && second.pairs == 6)
    #expect(second.raw > 0)
  }

  @Test("leaves out pairs within a field that forms none")
  func pairsWithin() throws {
    var configuration = ModelConfiguration.test()
    configuration.layout.formsPairsWithinItself[1] = false
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    let fields: [UInt16] = [0, 1, 1, 1, 2, 2]
    let features = fields.enumerated().map { Feature(hash: UInt64($0) + 1, value: 1, field: $1) }
    let event = TestEvent(features: features, label: 1, importance: 1)
    learner.learn(event)
    #expect(learner.learn(event).prediction.pairs == 15 - 3)
  }

  @Test("drops coordinates by draws of seed and event number alone")
  func dropout() throws {
    var configuration = ModelConfiguration.test(k: 16)
    configuration.dropout = 0.5
    let events = TestEvent.random(count: 100, seed: 4)
    func state(_ configuration: ModelConfiguration) throws -> ModelState {
      let model = try Model(configuration: configuration)
      let learner = OnlineLearner(model)
      for event in events {
        // Predicting in between changes nothing.
        _ = event.features.withUnsafeBufferPointer { learner.predict($0) }
        learner.learn(event)
      }
      return ModelState(model)
    }
    #expect(try state(configuration) == state(configuration))
    var without = configuration
    without.dropout = 0
    #expect(try state(configuration) != state(without))
  }

  @Test("keeps p at ones where it is fixed, and drops everything but w0 and w in a linear model")
  func specialCases() throws {
    var configuration = ModelConfiguration.test(kind: .fm)
    configuration.outputWeights = .ones
    configuration.fieldPairWeights = false
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    for event in TestEvent.random(count: 50, seed: 6) { learner.learn(event) }
    #expect(model.denseTensors.map(\.name) == ["bias", "output"])
    #expect(model.denseTensors[1].values.allSatisfy { $0 == 1 })
    let linear = try Model(configuration: .test(kind: .linear))
    #expect(linear.denseTensors.map(\.name) == ["bias"])
    #expect(linear.table.embeddingSize == 0)
  }

  @Test("an event's terms and pairs sum to its score", arguments: ModelConfiguration.Kind.allCases)
  func explanation(kind: ModelConfiguration.Kind) throws {
    let model = try Model(configuration: .test(kind: kind, k: 16, t: 16))
    let learner = OnlineLearner(model)
    for event in TestEvent.random(count: 500, seed: 8, scale: 3) {
      learner.learn(event)
      let (explained, predicted) = event.features.withUnsafeBufferPointer {
        (learner.explain($0), learner.predict($0))
      }
      let parts = [explained.bias] + explained.terms.map(\.value) + explained.pairs.map(\.value)
      let loudness = parts.reduce(0) { $0 + abs($1) }
      #expect(abs(parts.reduce(0, +) - Double(explained.raw)) <= 1e-6 * max(1, loudness))
      #expect(explained.raw == predicted.raw)
      #expect(explained.terms.count == predicted.known && explained.pairs.count == predicted.pairs)
      if kind == .afm, !explained.pairs.isEmpty {
        #expect(abs(explained.pairs.reduce(0) { $0 + Double($1.attention) } - 1) < 1e-5)
      }
    }
  }

  @Test("ignores features beyond the limit and fields beyond the layout")
  func limits() throws {
    var configuration = ModelConfiguration.test()
    configuration.maximumFeatures = 6
    configuration.maximumPairs = 10
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    let features = (0..<20).map { Feature(hash: UInt64($0), value: 1, field: 60_000) }
    let event = TestEvent(features: features, label: 1, importance: 1)
    #expect(learner.learn(event).outcome == .applied)
    let prediction = learner.learn(event).prediction
    #expect(prediction.known == 6 && prediction.unknown == 14 && prediction.pairs == 10)
  }
}
