import AttentionalFM
import Features
import LiveModel
import Testing

@Suite("LiveModel's scorer") struct ScorerTests {
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
        #expect(scorer.explain(features) == learner.explain(features))
        #expect(learner.learn(features, label: event.label) == .applied)
        live.publishDense(of: model, isIdle: true)
      }
    }
    #expect(live.eventsPublished == 300)
  }

  @Test("gives every event of a block its own score, whatever is scored or learned before the block is")
  func block() throws {
    let model = try Model(configuration: .small(tableSlots: 64))
    let learner = OnlineLearner(model)
    let live = try LiveModel(model)
    let scorer = Scorer(live)
    let events = Events.random(count: 240, seed: 9)
    for start in stride(from: 0, to: events.count, by: 24) {
      var (all, ends, predictions): ([Feature], [Int], [Prediction]) = ([], [], [])
      scorer.beginRequest()
      for event in events[start..<start + 24] {
        all += event.features
        ends.append(all.count)
        event.features.withUnsafeBufferPointer { scorer.announce($0) }
      }
      // Rows move between the look-up and the use, and one event is scored that is not of the block.
      for event in events[start..<start + 24] {
        event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
      }
      all.withUnsafeBufferPointer { _ = scorer.score($0) }
      all.withUnsafeBufferPointer { scorer.score($0, ends: ends, into: &predictions) }
      let single = events[start..<start + 24].map { $0.features.withUnsafeBufferPointer { scorer.score($0) } }
      #expect(predictions == single)
    }
    #expect(model.table.counters.evicted > 0)
  }

  @Test("forgets what was announced where another model takes over")
  func announcedBeforeSwap() throws {
    let reference = LiveModelReference(try LiveModel(Model(configuration: .small(tableSlots: 1 << 16))))
    let scorer = Scorer(reference)
    let smaller = try LiveModel(Model(configuration: .small(tableSlots: 8)))
    let event = Events.random(count: 1, seed: 2)[0].features
    event.withUnsafeBufferPointer { features in
      scorer.announce(features)
      reference.swap(to: smaller)
      scorer.beginRequest()
      var predictions: [Prediction] = []
      scorer.announce(features)
      scorer.score(features, ends: [features.count], into: &predictions)
      #expect(predictions == [scorer.score(features)])
    }
  }

  @Test("never inserts, and tells what it knows")
  func unknown() throws {
    let model = try Model(configuration: .small())
    let learner = OnlineLearner(model)
    let scorer = Scorer(try LiveModel(model))
    let features = [Feature(hash: 1, value: 1, field: 0), Feature(hash: 2, value: 1, field: 1)]
    features.withUnsafeBufferPointer { buffer in
      #expect(scorer.score(buffer).unknown == 2)
      #expect(scorer.explain(buffer).unknown == [0, 1])
      #expect(!scorer.isKnown(1) && model.table.counters.claimed == 0)
      learner.learn(UnsafeBufferPointer(rebasing: buffer[1...]), label: 1)
      #expect(scorer.isKnown(2) && !scorer.isKnown(1))
      let explanation = scorer.explain(buffer)
      #expect(explanation.unknown == [0])
      #expect(explanation.terms.map(\.feature) == [1])
    }
  }

  @Test("keeps one copy of the dense parameters for a request")
  func request() throws {
    let model = try Model(configuration: .small())
    let live = try LiveModel(model)
    let learner = OnlineLearner(model)
    let scorer = Scorer(live)
    let none = UnsafeBufferPointer<Feature>(start: nil, count: 0)
    let before = scorer.score(none).raw
    learner.learn(none, label: 1)
    live.publishDense(of: model, isIdle: true)
    #expect(scorer.score(none).raw == before && scorer.eventsLearned == 0)
    #expect(scorer.beginRequest() == 1)
    #expect(scorer.score(none).raw > before)
  }

  @Test("publishes every few events while busy where there is much to copy, and at once when idle")
  func throttle() throws {
    let model = try Model(configuration: .small(embeddingSize: 64, attentionSize: 64))
    let live = try LiveModel(model)
    let learner = OnlineLearner(model)
    #expect(live.eventsBetweenPublications == 9)
    let none = UnsafeBufferPointer<Feature>(start: nil, count: 0)
    let published = (0..<27).map { _ in
      learner.learn(none, label: 1)
      return live.publishDense(of: model, isIdle: false)
    }
    #expect(published.filter { $0 }.count == 3)
    learner.learn(none, label: 1)
    #expect(live.publishDense(of: model, isIdle: true))
    #expect(!live.publishDense(of: model, isIdle: true))
    #expect(live.eventsPublished == 28)
    let usual = ModelConfiguration.small(embeddingSize: 16, attentionSize: 16)
    #expect(try LiveModel(Model(configuration: usual)).eventsBetweenPublications == 3)
    #expect(try LiveModel(Model(configuration: .small(kind: .linear))).eventsBetweenPublications == 1)
  }

  @Test("answers from the model that was swapped in, from the next request on")
  func swap() throws {
    let model = try Model(configuration: .small())
    let reference = LiveModelReference(try LiveModel(model))
    let scorer = Scorer(reference)
    let other = try Model(configuration: .small(embeddingSize: 9))
    let learner = OnlineLearner(other)
    let none = UnsafeBufferPointer<Feature>(start: nil, count: 0)
    learner.learn(none, label: 1)
    reference.swap(to: try LiveModel(other))
    #expect(scorer.score(none).raw == 0)
    #expect(scorer.beginRequest() == 1)
    #expect(scorer.score(none) == learner.predict(none))
    #expect(scorer.configuration.embeddingSize == 9)
  }
}
