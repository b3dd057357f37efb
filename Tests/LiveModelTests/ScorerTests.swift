import AttentionalFM
import Features
import LiveModel
import Testing

@Suite("A scorer") struct ScorerTests {
  @Test("gives what the learner predicts, bit for bit, and counts events", arguments: ModelConfiguration.Kind.allCases)
  func equalsLearner(kind: ModelConfiguration.Kind) throws {
    let model = try Model(configuration: .small(kind: kind))
    let live = try LiveModel(model)
    let learner = OnlineLearner(model)
    let scorer = Scorer(live)
    for event in Events.random(count: 300, seed: 7) {
      event.features.withUnsafeBufferPointer { features in
        let predicted = learner.predict(features)
        #expect(scorer.beginRequest() == model.eventsLearned)
        #expect(scorer.score(features) == predicted)
        #expect(learner.learn(features, label: event.label) == .applied)
        live.publishDense(of: model, isIdle: true)
      }
    }
    #expect(live.eventsPublished == 300)
  }
}
