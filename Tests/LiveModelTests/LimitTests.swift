import AttentionalFM
import Features
import Testing

@testable import LiveModel

@Suite("A scorer's limits") struct LimitTests {
  @Test("take the same features as the learner where an event has too many and some of the first are unknown")
  func firstFeatures() throws {
    var configuration = ModelConfiguration(layout: FieldLayout(names: ["a"]), embeddingSize: 4, tableSlots: 64)
    configuration.maximumFeatures = 3
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    func features(_ hashes: [UInt64]) -> [Feature] { hashes.map { Feature(hash: $0, value: 1, field: 0) } }
    for _ in 0..<20 {
      features([1, 2, 3]).withUnsafeBufferPointer { _ = learner.learn($0, label: 1) }
      features([4, 5]).withUnsafeBufferPointer { _ = learner.learn($0, label: 0) }
    }
    let scorer = Scorer(try LiveModel(model))
    features([1, 100, 2, 4, 5]).withUnsafeBufferPointer { event in
      let learned = learner.predict(event)
      #expect(learned.known == 2 && learned.unknown == 3)
      #expect(scorer.score(event) == learned)
      #expect(scorer.explain(event) == learner.explain(event))
    }
  }
}
