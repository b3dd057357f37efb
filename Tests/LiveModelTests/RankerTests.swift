import AttentionalFM
import Features
import LiveModel
import Testing

extension Ranker {
  /// The score of one candidate, as a block of its own.
  fileprivate func score(_ candidate: UnsafeBufferPointer<Feature>) -> Score? {
    var scores: [Score] = []
    announce(candidate)
    score(candidate, ends: [candidate.count], into: &scores)
    return scores.first
  }
}

@Suite("LiveModel's ranker") struct RankerTests {
  /// A model, a context and candidates, all of them random, the same for the same seed.
  struct Case: CustomTestStringConvertible {
    var configuration: ModelConfiguration
    var seed: UInt64

    var testDescription: String {
      "\(configuration.kind) k \(configuration.embeddingSize) t \(configuration.attentionSize), seed \(seed)"
    }

    static let all: [Case] = (0..<60).map { number in
      let (k, t) = [(5, 7), (16, 16), (1, 1), (8, 33), (64, 32)][number % 5]
      var configuration = ModelConfiguration.small(
        kind: ModelConfiguration.Kind.allCases[number % 3], embeddingSize: k, attentionSize: t, fields: 8)
      configuration.attentionScale = number % 2 == 0 ? .pairs : .paper
      configuration.fieldPairPrior = number % 4 != 1
      configuration.fieldPairWeights = number % 5 < 3
      configuration.outputWeights = number % 7 == 0 ? .ones : .trainable
      configuration.embeddingScale = [0.1, 1, 3][number / 3 % 3]
      configuration.attentionInitialScale = [0.1, 2][number / 6 % 2]
      configuration.layout.formsPairsWithinItself[7] = number % 3 == 0
      return Case(configuration: configuration, seed: UInt64(number + 1))
    }

    func live() throws -> LiveModel {
      let model = try Model(configuration: configuration)
      let learner = OnlineLearner(model, kernels: try #require(Kernels(named: "scalar")))
      for event in Events.random(count: 150, seed: seed, fields: 8, values: 6) {
        event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
      }
      return try LiveModel(model)
    }

    /// The first fields are the context's, the others the candidates'; how many are which depends on the seed, and some
    /// contexts and candidates have no features, or only unknown ones.
    func parts() -> (context: [Feature], candidates: [[Feature]]) {
      let split = UInt16(seed % 9)
      let events = Events.random(count: 40, seed: seed &+ 1000, fields: 8, values: 8).map(\.features)
      let context = events[0].filter { $0.field < split }
      var candidates = events.dropFirst().map { $0.filter { $0.field >= split } }
      candidates.append([])
      candidates.append([Feature(hash: 1 << 60, value: 1, field: 7)])
      return (seed % 11 == 0 ? [Feature(hash: 1 << 61, value: 1, field: 0)] : context, candidates)
    }
  }

  private func rank(
    _ context: [Feature], _ candidates: [[Feature]], by ranker: Ranker
  ) -> [Ranker.Score] {
    context.withUnsafeBufferPointer { _ = ranker.beginRequest(context: $0) }
    return candidates.compactMap { $0.withUnsafeBufferPointer { ranker.score($0) } }
  }

  @Test("gives the score of context and candidate as one event", arguments: Case.all)
  func equalsScore(_ given: Case) throws {
    let live = try given.live()
    let scorer = Scorer(live)
    let (context, candidates) = given.parts()
    for (candidate, ranked) in zip(candidates, rank(context, candidates, by: Ranker(live))) {
      (context + candidate).withUnsafeBufferPointer { union in
        let explanation = scorer.explain(union)
        let terms = [explanation.bias] + explanation.terms.map(\.value) + explanation.pairs.map(\.value)
        let size = terms.reduce(0) { $0 + abs($1) }
        #expect(abs(Double(ranked.raw) - Double(explanation.raw)) <= 1e-6 * max(1, size))
        #expect(ranked.unknown == scorer.score(union).unknown)
      }
    }
  }

  @Test("gives the same bits by every fused kernel, in any order and number", arguments: Case.all)
  func sameBits(_ given: Case) throws {
    let live = try given.live()
    let (context, candidates) = given.parts()
    let reference = rank(context, candidates, by: Ranker(live, kernels: try #require(Kernels(named: "scalar"))))
    for kernels in Kernels.available.filter(\.isFused) {
      let ranker = Ranker(live, kernels: kernels)
      #expect(rank(context, candidates, by: ranker) == reference, "\(kernels.name)")
      #expect(rank(context, candidates.reversed(), by: ranker) == reference.reversed(), "\(kernels.name)")
      _ = rank(candidates[0], [context], by: ranker)
      context.withUnsafeBufferPointer { _ = ranker.beginRequest(context: $0) }
      var (all, ends, scores): ([Feature], [Int], [Ranker.Score]) = ([], [], [])
      for candidate in candidates {
        all += candidate
        ends.append(all.count)
        candidate.withUnsafeBufferPointer { ranker.announce($0) }
      }
      all.withUnsafeBufferPointer { ranker.score($0, ends: ends, into: &scores) }
      #expect(scores == reference, "\(kernels.name), as one block")
      for (candidate, score) in zip(candidates, reference) {
        #expect(rank(context, [candidate], by: ranker) == [score], "\(kernels.name)")
      }
    }
  }

  @Test("takes of an overlong event what scoring takes, to the bit", arguments: [(5, 10), (8, 7), (3, 28), (2, 1)])
  func overlong(features: Int, pairs: Int) throws {
    for kind in ModelConfiguration.Kind.allCases {
      var given = Case(configuration: .small(kind: kind, fields: 8), seed: 4)
      given.configuration.maximumFeatures = features
      given.configuration.maximumPairs = pairs
      let live = try given.live()
      let scorer = Scorer(live)
      let (context, candidates) = given.parts()
      for (candidate, ranked) in zip(candidates, rank(context, candidates, by: Ranker(live))) {
        (context + candidate).withUnsafeBufferPointer { union in
          let scored = scorer.score(union)
          #expect(ranked.unknown == scored.unknown)
          #expect(abs(ranked.raw - scored.raw) <= 2e-6 * max(1, abs(scored.raw)))
          if kind != .linear, scored.pairs == pairs, scored.known * (scored.known - 1) / 2 > pairs {
            #expect(ranked.raw == scored.raw)
          }
        }
      }
    }
  }

  @Test("answers a request from one copy of the dense parameters, and from a model that was swapped in")
  func requests() throws {
    let model = try Model(configuration: .small())
    let live = try LiveModel(model)
    let reference = LiveModelReference(live)
    let learner = OnlineLearner(model)
    let ranker = Ranker(reference)
    let none = UnsafeBufferPointer<Feature>(start: nil, count: 0)
    ranker.beginRequest(context: none)
    learner.learn(none, label: 1)
    live.publishDense(of: model, isIdle: true)
    #expect(ranker.score(none) == Ranker.Score(raw: 0, unknown: 0))
    #expect(ranker.beginRequest(context: none) == 1)
    #expect(ranker.score(none)?.raw == learner.predict(none).raw)

    let other = try Model(configuration: .small(embeddingSize: 9))
    let given = Case(configuration: other.configuration, seed: 1)
    let (context, candidates) = given.parts()
    OnlineLearner(other).learn(none, label: 0)
    reference.swap(to: try LiveModel(other))
    #expect(ranker.configuration.embeddingSize == 5)
    #expect(rank(context, candidates, by: ranker) == rank(context, candidates, by: Ranker(try LiveModel(other))))
    #expect(ranker.configuration.embeddingSize == 9)
  }
}
