import Features

@testable import AttentionalFM

/// A random event, the same for the same seed.
struct TestEvent {
  var features: [Feature]
  var label: Float
  var importance: Float

  static func random(
    count: Int, seed: UInt64, fields: Int = 5, values: UInt64 = 40, scale: Float = 1
  ) -> [TestEvent] {
    (0..<UInt64(count)).map { n in
      let features = (0..<UInt64(fields)).compactMap { field -> Feature? in
        let drawn = Draws.bits(seed: seed, stream: n, index: field)
        if drawn % 7 == 0 { return nil }
        let value = Draws.normal(Draws.mixed(drawn), scale: scale)
        return Feature(hash: Draws.mixed(drawn % values &* 64 &+ field), value: value, field: UInt16(field))
      }
      let drawn = Draws.bits(seed: seed, stream: n, index: 1000)
      return TestEvent(features: features, label: drawn % 2 == 0 ? 1 : 0, importance: drawn % 3 == 0 ? 2 : 1)
    }
  }
}

/// Everything a model consists of, to be compared bit for bit.
struct ModelState: Equatable {
  var tensors: [[UInt32]]
  var rows: RowSegment
  var counters: EmbeddingTable.Counters
  var eventsLearned: UInt64

  init(_ model: Model) {
    tensors = model.denseTensors.flatMap { [$0.values.map(\.bitPattern), $0.accumulators.map(\.bitPattern)] }
    let segment = model.table.allRows
    rows = segment
    counters = model.table.counters
    eventsLearned = model.eventsLearned
  }
}

extension EmbeddingTable {
  /// All claimed rows in one segment.
  var allRows: RowSegment {
    var segment = RowSegment(embeddingSize: embeddingSize, tableSlots: slotCount)
    var next: UInt64 = 0
    copyRows(from: &next, maximum: .max, into: &segment)
    return segment
  }
}

extension OnlineLearner {
  @discardableResult
  func learn(_ event: TestEvent) -> LearningStep {
    event.features.withUnsafeBufferPointer { step($0, label: event.label, importance: event.importance) }
  }
}

extension ModelConfiguration {
  static func test(
    kind: Kind = .afm, k: Int = 5, t: Int = 7, tableSlots: Int = 1024, fields: [String] = ["a", "b", "c", "d", "e"]
  ) -> ModelConfiguration {
    ModelConfiguration(
      layout: FieldLayout(names: fields), kind: kind, embeddingSize: k, attentionSize: t, tableSlots: tableSlots)
  }
}

extension RowSegment {
  var weight: [Float] { rows.map(\.weight) }
  var accumulator: [Float] { rows.map(\.accumulator) }
  var embedding: [Float] { rows.flatMap(\.embedding) }
  var embeddingAccumulator: [Float] { rows.flatMap(\.embeddingAccumulator) }
}
