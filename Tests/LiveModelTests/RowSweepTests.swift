import AttentionalFM
import Features
import Testing

@testable import LiveModel

@Suite("LiveModel's sweep") struct RowSweepTests {
  typealias Rows = [UInt64: RowSegment.Row]

  /// A small generator of choices.
  private struct Choices: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state ^ state >> 31) &* 0x9E37_79B9_7F4A_7C15
    }
  }

  /// All rows of a table, by slot.
  private func rows(_ table: EmbeddingTable) -> Rows {
    var segment = RowSegment(embeddingSize: table.embeddingSize, tableSlots: table.slotCount)
    var next: UInt64 = 0
    table.copyRows(from: &next, maximum: .max, into: &segment)
    return Dictionary(uniqueKeysWithValues: segment.rows.map { ($0.slot, $0) })
  }

  private func learn(_ learner: OnlineLearner, _ choices: inout Choices, values: UInt64) -> Int {
    let features = (0..<3).map { field in
      let value = choices.next() % values
      return Feature(hash: (value &* 8 &+ UInt64(field) &+ 1) &* 0x9E37_79B9_7F4A_7C15, value: 1, field: UInt16(field))
    }
    features.withUnsafeBufferPointer { _ = learner.learn($0, label: Float(choices.next() % 2)) }
    return features.count
  }

  @Test(
    "copies the table of its beginning, whatever is learned meanwhile",
    arguments: [(0, 64, 40), (5, 64, 60), (16, 1024, 300), (5, 4096, 20)])
  func interleaved(k: Int, slots: Int, values: UInt64) throws {
    let model = try Model(
      configuration: ModelConfiguration(
        layout: FieldLayout(names: ["a", "b", "c"]), kind: k == 0 ? .linear : .fm, embeddingSize: max(k, 1),
        tableSlots: slots))
    let learner = OnlineLearner(model)
    var choices = Choices(state: UInt64(k * 1000 + slots))
    var saved: Rows?
    var hasSeenIncrement = false
    for _ in 0..<60 {
      for _ in 0..<Int.random(in: 0..<40, using: &choices) { _ = learn(learner, &choices, values: values) }
      let expected = rows(model.table)
      let onlyChanged = saved != nil && Bool.random(using: &choices)
      let changed = model.table.changedCount
      var sweep = RowSweep(model.table, onlyChanged: onlyChanged)
      let rowCount = sweep.rowCount
      #expect(rowCount == (onlyChanged ? Int(changed) : expected.count))
      var copied: [RowSegment.Row] = []
      var left = Bool.random(using: &choices) ? Int.max : Int.random(in: 1..<30, using: &choices)
      while sweep.remaining > 0, left > 0 {
        left -= 1
        if sweep.room < 3 {
          if let segment = sweep.takeSegment() { copied += segment.rows }
          sweep.fill(RowSegment(embeddingSize: k, capacity: Int.random(in: 3..<50, using: &choices)))
        }
        if Bool.random(using: &choices) { _ = learn(learner, &choices, values: values) }
        sweep.advance(maximum: Int.random(in: 0..<9, using: &choices))
      }
      if let segment = sweep.takeSegment() { copied += segment.rows }
      let hasLostRows = sweep.hasLostRows
      #expect(!hasLostRows)
      let isWhole = sweep.remaining == 0
      if isWhole {
        #expect(copied.count == rowCount)
        var restored = onlyChanged ? saved ?? [:] : [:]
        for row in copied { restored[row.slot] = row }
        #expect(restored == expected)
        hasSeenIncrement = hasSeenIncrement || (onlyChanged && copied.count < expected.count)
      }
      // What was not saved counts as changed again, also where the sweep is only let go of.
      let isSaved = isWhole && Bool.random(using: &choices)
      if isSaved { saved = expected }
      if isSaved || Bool.random(using: &choices) { sweep.settle(saved: isSaved) }
    }
    #expect(hasSeenIncrement)
  }

  @Test("says so where a row changed for which there was no room")
  func lostRow() throws {
    let model = try Model(configuration: .small(tableSlots: 128))
    let learner = OnlineLearner(model)
    for event in Events.random(count: 50, seed: 3) {
      event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
    }
    var sweep = RowSweep(model.table)
    var hasLostRows = sweep.hasLostRows
    #expect(!hasLostRows)
    for event in Events.random(count: 50, seed: 3) {
      event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
    }
    hasLostRows = sweep.hasLostRows
    #expect(hasLostRows)
    sweep.settle(saved: false)
  }

  @Test("gives no more rows once it was ended, or another began")
  func ended() throws {
    let model = try Model(configuration: .small(tableSlots: 128))
    let learner = OnlineLearner(model)
    for event in Events.random(count: 50, seed: 3) {
      event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
    }
    var segment = RowSegment()
    var sweep = RowSweep(model.table)
    var hasRows = sweep.next(maximum: 5, into: &segment)
    #expect(hasRows && segment.count == 5)
    sweep.end()
    hasRows = sweep.next(maximum: 5, into: &segment)
    #expect(!hasRows && segment.count == 0)
    var second = RowSweep(model.table)
    var third = RowSweep(model.table)
    hasRows = second.next(maximum: 5, into: &segment)
    #expect(!hasRows && segment.count == 0)
    hasRows = third.next(maximum: 5, into: &segment)
    #expect(hasRows && segment.count == 5)
  }

  @Test("fills a segment in the memory that it has")
  func sameMemory() throws {
    let model = try Model(configuration: .small(tableSlots: 128))
    let learner = OnlineLearner(model)
    for event in Events.random(count: 50, seed: 3) {
      event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
    }
    var segment = RowSegment(embeddingSize: 5, capacity: 7)
    let columns = segment.columns
    var sweep = RowSweep(model.table)
    for _ in 0..<3 {
      let hasRows = sweep.next(maximum: 7, into: &segment)
      #expect(hasRows && segment.columns == columns)
    }
  }

  @Test("restores to a table whose changes are counted from there")
  func restored() throws {
    let configuration = ModelConfiguration.small(tableSlots: 128)
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    for event in Events.random(count: 200, seed: 3) {
      event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
    }
    #expect(model.table.changedCount == model.table.counters.claimed)
    let copy = try Model(configuration: configuration)
    var sweep = RowSweep(model.table)
    var segment = RowSegment()
    var slots: [UInt64] = []
    while sweep.next(maximum: 7, into: &segment) {
      #expect(segment.count <= 7 && segment.embeddingSize == 5)
      slots += segment.slot
      try copy.table.restore(segment)
      #expect(throws: ModelProblem.self) { try copy.table.restore(segment) }
    }
    // Where nothing changes meanwhile the rows come in the order of their slots.
    #expect(slots == slots.sorted() && UInt64(slots.count) == model.table.counters.claimed)
    #expect(copy.table.counters.claimed == model.table.counters.claimed)
    #expect(rows(copy.table) == rows(model.table))
    copy.table.settleRestored()
    #expect(copy.table.changedCount == 0)
    sweep.settle(saved: true)
    #expect(model.table.changedCount == 0)
    let event = Events.random(count: 1, seed: 4)[0]
    event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
    #expect(model.table.changedCount > 0 && model.table.changedCount <= UInt64(event.features.count))
  }

  @Test("newer rows hide older ones of the same slot")
  func older() throws {
    let configuration = ModelConfiguration.small(tableSlots: 64)
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    func learn(_ seed: UInt64) {
      for event in Events.random(count: 30, seed: seed) {
        event.features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
      }
    }
    learn(1)
    var full = RowSegment()
    var sweep = RowSweep(model.table)
    _ = sweep.next(maximum: .max, into: &full)
    sweep.settle(saved: true)
    learn(2)
    var changed = RowSegment()
    var increment = RowSweep(model.table, onlyChanged: true)
    _ = increment.next(maximum: .max, into: &changed)
    let copy = try Model(configuration: configuration)
    try copy.table.restore(changed)
    copy.table.restoreOlder()
    try copy.table.restore(full)
    #expect(rows(copy.table) == rows(model.table))
  }
}
