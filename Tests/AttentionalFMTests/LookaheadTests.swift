import CAFMKernels
import Features
import Testing

@testable import AttentionalFM

@Suite("Looking ahead") struct LookaheadTests {
  /// All features of many events in one list, and where those of each stand.
  private func stream(_ count: Int) -> (features: [Feature], events: [Range<Int>], labels: [Float]) {
    var features: [Feature] = []
    var events: [Range<Int>] = []
    var labels: [Float] = []
    for event in TestEvent.random(count: count, seed: 21) {
      let start = features.count
      features += event.features
      // One feature twice: known or new, it must stay one row.
      if let first = event.features.first, events.count % 5 == 0 { features.append(first) }
      events.append(start..<features.count)
      labels.append(event.label)
    }
    return (features, events, labels)
  }

  @Test(
    "changes no bit, however far ahead and whatever of it comes true",
    arguments: ModelConfiguration.Kind.allCases, [1, 2, 3, 5])
  func changesNothing(kind: ModelConfiguration.Kind, ahead: Int) throws {
    // A small table, so that rows are evicted between the look-up and the use.
    let configuration = ModelConfiguration.test(kind: kind, tableSlots: 128)
    let plain = OnlineLearner(try Model(configuration: configuration))
    let looking = OnlineLearner(try Model(configuration: configuration))
    let stream = stream(600)
    stream.features.withUnsafeBufferPointer { features in
      func event(_ n: Int) -> UnsafeBufferPointer<Feature> { UnsafeBufferPointer(rebasing: features[stream.events[n]]) }
      for n in stream.events.indices {
        // Every seventh event is announced and then left out.
        if n + ahead < stream.events.count { looking.prefetch(event(n + ahead)) }
        if n % 7 == 3 { continue }
        let expected = plain.step(event(n), label: stream.labels[n])
        #expect(looking.step(event(n), label: stream.labels[n]) == expected)
      }
    }
    #expect(plain.model.table.counters.evicted > 0)
    #expect(ModelState(looking.model) == ModelState(plain.model))
  }

  @Test("notices that other features stand where the announced ones stood")
  func reusedMemory() throws {
    let learner = OnlineLearner(try Model(configuration: .test()))
    var features = [Feature(hash: 1, value: 1, field: 0), Feature(hash: 2, value: 1, field: 1)]
    features.withUnsafeBufferPointer { _ = learner.learn($0, label: 1) }
    features.withUnsafeMutableBufferPointer { buffer in
      learner.prefetch(UnsafeBufferPointer(buffer))
      buffer[0].hash = 3
      #expect(learner.predict(UnsafeBufferPointer(buffer)).unknown == 1)
      buffer[1].hash = 1
      #expect(learner.predict(UnsafeBufferPointer(buffer)).known == 1)
    }
  }

  @Test("looks up the features that stand in memory now, where memory is used again")
  func staleLookups() throws {
    let memory = try Model(configuration: .test()).table.memory
    let lookahead = Lookahead(memory.table, room: 4)
    let block = BlockLookup()
    var features = [Feature(hash: 1, value: 1, field: 0), Feature(hash: 2, value: 1, field: 1)]
    features.withUnsafeMutableBufferPointer { buffer in
      for hash in 1...9 as ClosedRange<UInt64> {
        buffer[1].hash = hash
        #expect(lookahead.lookups(of: UnsafeBufferPointer(buffer))[1].hash == hash)
        #expect(block.located(UnsafeBufferPointer(buffer), memory)[1].hash == hash)
      }
    }
  }

  @Test("relies on Swift and C laying a feature out alike")
  func sharedLayout() {
    #expect(Feature.layoutIsShared)
  }
}
