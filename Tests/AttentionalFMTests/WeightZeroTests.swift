import Features
import Testing

@testable import AttentionalFM

@Suite("An event of importance 0") struct WeightZeroTests {
  /// Penalties on everything, dropout, and forgetting: whatever acts on an event that is touched.
  private static func configurations() -> [ModelConfiguration] {
    var penalized = ModelConfiguration.test(k: 8)
    penalized.regularization = Regularization(projection: 0.1, linear: 0.1, embedding: 0.1)
    penalized.dropout = 0.3
    var squared = penalized
    squared.loss = .squared
    squared.step = .explicit
    return [.test(), penalized, squared, .test(kind: .fm), .test(kind: .linear)]
  }

  private static func weightless(_ count: Int) -> [TestEvent] {
    // Values of their own among them: what nothing is known of.
    TestEvent.random(count: count, seed: 77, values: 80).map {
      TestEvent(features: $0.features, label: $0.label, importance: 0)
    }
  }

  @Test("is counted, and moves and claims nothing", arguments: 0..<5) func movesNothing(number: Int) throws {
    let model = try Model(configuration: Self.configurations()[number])
    let learner = OnlineLearner(model)
    for event in TestEvent.random(count: 300, seed: 5) { learner.learn(event) }
    let before = ModelState(model)
    for event in Self.weightless(200) {
      let said = event.features.withUnsafeBufferPointer { learner.predict($0) }
      let step = learner.learn(event)
      #expect(step.outcome == .applied && step.prediction == said)
    }
    var after = ModelState(model)
    #expect(after.eventsLearned == 500)
    after.eventsLearned = before.eventsLearned
    #expect(after == before)
  }

  @Test("adds nothing to a batch", arguments: 0..<5) func addsNothingToABatch(number: Int) throws {
    var configuration = Self.configurations()[number]
    // A draw is made of the number of the event, which it moves.
    configuration.dropout = 0
    let model = try Model(configuration: configuration)
    let twin = try Model(configuration: configuration)
    let learner = BatchLearner(model, batchSize: 4)
    let other = BatchLearner(twin, batchSize: 4)
    let weightless = Self.weightless(100)
    for (index, event) in TestEvent.random(count: 100, seed: 6).enumerated() {
      other.learn([event])
      learner.learn([weightless[index], event, weightless[99 - index]])
      #expect(learner.steps[1] == other.steps[0])
      // What only such events touch is not moved either, whichever comes alone.
      learner.learn([weightless[index]])
      // When it was last seen goes by the number of events.
      twin.eventsLearned = model.eventsLearned
    }
    #expect(ModelState(model) == ModelState(twin))
  }

  @Test("is learned by no ranking") func isNoRanking() throws {
    var configuration = ModelConfiguration.test()
    configuration.loss = .ranking
    let model = try Model(configuration: configuration)
    let learner = RankingLearner(model, negatives: 2)
    let before = ModelState(model)
    let alternatives = TestEvent.random(count: 3, seed: 8).map(\.features)
    #expect(learner.learn(alternatives, importance: 0) == .applied)
    #expect(learner.predictions.count == 3)
    var after = ModelState(model)
    #expect(after.eventsLearned == 1)
    after.eventsLearned = 0
    #expect(after == before)
  }

  @Test("is learned by no calibration") func isNoCalibration() {
    for kind in CalibrationSettings.Kind.allCases {
      var calibrator = Calibrator(CalibrationSettings(kind: kind))
      for _ in 0..<2000 {
        let isChanged = calibrator.learn(raw: 3, label: 0, importance: 0)
        #expect(!isChanged)
      }
      #expect(calibrator.events == 0)
    }
  }
}
