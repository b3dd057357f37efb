import AttentionalFM
import Foundation
import ProgressiveValidation
import Testing

@Suite struct SlicesTests {
  /// The values of two fields for an event; the second is missing at times.
  private func values(_ index: Int) -> (UInt64, UInt64?) {
    (UInt64(index % 7) + 100, index % 5 == 0 ? nil : UInt64(index % 3))
  }

  private func validation(limit: Int = 4, fields: [String] = ["a", "b"]) -> ProgressiveValidation {
    ProgressiveValidation(loss: .logistic, windowSize: 30, slices: Slices(fields: fields, valueLimit: limit))
  }

  private func record(_ events: ArraySlice<TestEvent>, _ validation: inout ProgressiveValidation, served: Bool = false)
  {
    for (index, event) in zip(events.indices, events) {
      let (first, second) = values(index)
      var places = SlicePlaces()
      places[0] = validation.slices.place(0, of: first) { "value \(first)" }
      places[1] = validation.slices.place(1, of: second) { second == 2 ? "" : "\(second ?? 0)" }
      validation.record(
        raw: event.raw, label: event.label, importance: event.importance, known: event.known, unknown: event.unknown,
        entropy: event.entropy, servedScore: served && index % 2 == 0 ? event.raw + 1 : .nan, places: places)
    }
  }

  private func close(_ value: Double?, _ expected: Double) -> Bool {
    value.map { abs($0 - expected) <= 1e-12 * max(1, abs(expected)) } ?? false
  }

  @Test func eachValueIsJudgedByItsEvents() {
    var generator = TestGenerator(state: 11)
    let events = generator.events(200, labels: [0, 1])
    var validation = validation()
    record(events[...], &validation)
    let summaries = validation.slices.summaries(of: .logistic)
    #expect(summaries.map(\.field) == ["a", "b"])
    #expect(summaries[0].values.map(\.text) == (100..<104).map { "value \($0)" })
    for (index, value) in summaries[0].values.enumerated() {
      let own = events.indices.filter { $0 % 7 == index }.map { events[$0] }
      #expect(value.figures.events == UInt64(own.count) && close(value.figures.loss, Naive.logLoss(own)))
    }
    let others = events.indices.filter { $0 % 7 >= 4 }.map { events[$0] }
    #expect(close(summaries[0].others?.loss, Naive.logLoss(others)) && summaries[0].missing == nil)
    let missing = events.indices.filter { $0 % 5 == 0 }.map { events[$0] }
    #expect(summaries[1].missing?.events == UInt64(missing.count) && summaries[1].others == nil)
    #expect(close(summaries[1].missing?.loss, Naive.logLoss(missing)))
    // A value of which the text is not known goes by its hash.
    #expect(summaries[1].values.map(\.text) == ["1", "#2", "0"])
  }

  @Test func slicesChangeNothingElse() {
    var generator = TestGenerator(state: 12)
    let events = generator.events(100, labels: [0, 1])
    var sliced = validation()
    record(events[...], &sliced)
    var plain = ProgressiveValidation(loss: .logistic, windowSize: 30)
    plain.record(events)
    #expect(sliced.state == plain.state && sliced.runSummary == plain.runSummary)
    #expect(plain.slices.state.isEmpty && plain.slices.texts.isEmpty && plain.servedState.isEmpty)
  }

  @Test(arguments: [0, 17, 100]) func aRestoredStateGoesOnBitForBit(cut: Int) throws {
    var generator = TestGenerator(state: 13)
    let events = generator.events(150, labels: [0, 1])
    var uninterrupted = validation()
    record(events[...], &uninterrupted, served: true)
    var first = validation()
    record(events[..<cut], &first, served: true)
    var second = validation()
    try second.restore(first.state)
    if !first.servedState.isEmpty { try second.restoreServed(first.servedState) }
    #expect(try second.slices.restore(first.slices.state, texts: first.slices.texts) == [0, 1])
    record(events[cut...], &second, served: true)
    #expect(second.slices.state == uninterrupted.slices.state && second.slices.texts == uninterrupted.slices.texts)
    #expect(second.servedState == uninterrupted.servedState)
    #expect(second.runSummary == uninterrupted.runSummary && second.lastWindow == uninterrupted.lastWindow)
  }

  @Test func otherFieldsStartAnewAndKnownOnesGoOn() throws {
    var generator = TestGenerator(state: 14)
    let events = generator.events(60, labels: [0, 1])
    var first = validation()
    record(events[...], &first)
    var second = validation(fields: ["c", "b"])
    #expect(try second.slices.restore(first.slices.state, texts: []) == [nil, 1])
    let summaries = second.slices.summaries(of: .logistic)
    #expect(summaries[0].values.isEmpty && summaries[0].missing == nil)
    #expect(summaries[1].values.map(\.text) == ["#1", "#2", "#0"])
    #expect(
      summaries[1].values.map(\.figures) == first.slices.summaries(of: .logistic)[1].values.map(\.figures))
  }

  @Test func aDamagedStateIsRefused() {
    var generator = TestGenerator(state: 15)
    var validation = validation()
    record(generator.events(60, labels: [0, 1])[...], &validation, served: true)
    let state = validation.slices.state
    for missing in state.indices {
      var damaged = state
      damaged.remove(at: missing)
      #expect(throws: ProgressiveStateProblem.self) { try validation.slices.restore(damaged, texts: []) }
    }
    for missing in validation.servedState.indices {
      var damaged = validation.servedState
      damaged.remove(at: missing)
      #expect(throws: ProgressiveStateProblem.self) { try validation.restoreServed(damaged) }
    }
  }

  @Test(arguments: [Loss.logistic, .squared]) func servedScoresAreJudgedBesideThePredictionsOfTheSameEvents(loss: Loss)
  {
    var generator = TestGenerator(state: 16)
    let events = generator.events(90, labels: [0, 1])
    var validation = ProgressiveValidation(loss: loss, windowSize: 45)
    for (index, event) in events.enumerated() {
      validation.record(
        raw: event.raw, label: event.label, importance: event.importance, known: 1, unknown: 0, entropy: .nan,
        servedScore: index % 3 == 0 ? -event.raw : .nan)
    }
    for (seen, summary) in [(events[...], Optional(validation.runSummary)), (events[45...], validation.lastWindow)] {
      let own = seen.indices.filter { $0 % 3 == 0 }.map { events[$0] }
      let served = own.map { event in
        var event = event
        event.raw = -event.raw
        return event
      }
      func expected(_ events: [TestEvent]) -> Double {
        if loss == .logistic { return Naive.logLoss(events) }
        return Naive.mean(events) { pow(Double($0.raw) - Double($0.label), 2) }.squareRoot()
      }
      #expect(summary?.served?.events == UInt64(own.count))
      #expect(close(summary?.served?.loss, expected(served)) && close(summary?.served?.modelLoss, expected(own)))
    }
  }
}
