import Foundation
import ProgressiveValidation
import Testing

@Suite struct ProgressiveValidationTests {
  private func close(_ value: Double?, _ expected: Double, _ tolerance: Double = 1e-12) -> Bool {
    guard let value else { return false }
    return abs(value - expected) <= tolerance * max(1, abs(expected))
  }

  @Test(arguments: 1...20) func windowAndRunMatchTheirDefinitions(seed: Int) {
    var generator = TestGenerator(state: UInt64(seed))
    let events = generator.events(250, labels: seed % 2 == 0 ? [0, 1] : [-1, 1, 1])
    var validation = ProgressiveValidation(loss: .logistic, windowSize: 100)
    validation.record(events)
    guard let window = validation.lastWindow else {
      Issue.record("no window ended")
      return
    }
    #expect(validation.windowsFinished == 2)
    for (summary, seen) in [(window, Array(events[100..<200])), (validation.runSummary, events)] {
      #expect(summary.events == UInt64(seen.count))
      #expect(close(summary.weight, seen.reduce(0) { $0 + Double($1.importance) }))
      #expect(close(summary.loss, Naive.logLoss(seen)))
      #expect(close(summary.normalizedEntropy, Naive.normalizedEntropy(seen)))
      #expect(close(summary.meanPrediction, Naive.mean(seen) { Naive.probability($0.raw) }))
      #expect(close(summary.meanLabel, Naive.mean(seen) { $0.label > 0 ? 1 : 0 }))
      #expect(
        close(
          summary.calibration,
          Naive.mean(seen) { Naive.probability($0.raw) } / Naive.mean(seen) { $0.label > 0 ? 1 : 0 }))
      #expect(
        close(summary.attentionEntropy, Naive.mean(seen.filter { !$0.entropy.isNaN }) { Double($0.entropy) }))
      #expect(
        close(
          summary.unknownShare,
          Naive.mean(seen) { Double($0.unknown) } / Naive.mean(seen) { Double($0.unknown + $0.known) }))
    }
    #expect(close(window.auc, Naive.auc(Array(events[100..<200]))))
    #expect(
      close(validation.runSummary.auc, Naive.auc(events) { (max(-16, min(15.999, $0.raw)) * 128).rounded(.down) }))
  }

  @Test func squaredErrorGivesARootMeanSquareAndNoRanking() {
    var generator = TestGenerator(state: 7)
    let events = generator.events(100, labels: [1.5, -2, 4])
    var validation = ProgressiveValidation(loss: .squared, windowSize: 100)
    validation.record(events)
    let summary = validation.runSummary
    let expected = Naive.mean(events) { pow(Double($0.raw) - Double($0.label), 2) }.squareRoot()
    #expect(close(summary.loss, expected))
    #expect(summary.auc == nil && summary.normalizedEntropy == nil && validation.lastWindow?.auc == nil)
    #expect(close(summary.meanLabel, Naive.mean(events) { Double($0.label) }))
    #expect(validation.lastWindow?.loss == summary.loss)
  }

  @Test func theSquaredHingeIsJudgedByWhatIsAnswered() {
    var generator = TestGenerator(state: 8)
    let events = generator.events(100, labels: [0, -1, 1])
    var validation = ProgressiveValidation(loss: .squaredHinge, windowSize: 100)
    validation.record(events)
    let summary = validation.runSummary
    let expected = Naive.mean(events) { event in
      pow(Double(min(max(event.raw, -1), 1)) - (event.label > 0 ? 1 : -1), 2)
    }
    #expect(close(summary.loss, expected.squareRoot()))
    #expect(close(summary.meanPrediction, Naive.mean(events) { Double(min(max($0.raw, -1), 1)) }))
    #expect(close(summary.meanLabel, Naive.mean(events) { $0.label > 0 ? 1 : -1 }))
    #expect(summary.auc == nil)
  }

  @Test func oneClassHasNoEntropyAndNoRanking() {
    var generator = TestGenerator(state: 3)
    var validation = ProgressiveValidation(loss: .logistic, windowSize: 10)
    validation.record(generator.events(10, labels: [0]))
    #expect(validation.lastWindow?.normalizedEntropy == nil && validation.lastWindow?.auc == nil)
    #expect(validation.lastWindow?.calibration == nil && validation.lastWindow?.loss != nil)
    #expect(validation.runSummary.auc == nil)
  }

  @Test func nothingIsKnownBeforeTheFirstEvent() {
    let validation = ProgressiveValidation(loss: .logistic, windowSize: 10)
    #expect(validation.lastWindow == nil)
    #expect(validation.runSummary.loss == nil && validation.runSummary.events == 0)
  }

  @Test func hugeScoresAreJudgedAndBrokenOnesLeftOut() {
    var validation = ProgressiveValidation(loss: .logistic, windowSize: 10)
    validation.record(raw: 3e38, label: 0, importance: 1, known: 1, unknown: 0, entropy: .nan)
    validation.record(raw: -3e38, label: 0, importance: 1, known: 1, unknown: 0, entropy: .nan)
    validation.record(raw: .nan, label: 0, importance: 1, known: 1, unknown: 0, entropy: .nan)
    validation.record(raw: .infinity, label: 0, importance: 1, known: 1, unknown: 0, entropy: .nan)
    #expect(validation.runSummary.events == 2)
    #expect(close(validation.runSummary.loss, Double(Float(3e38)) / 2))
    #expect(validation.runSummary.attentionEntropy == nil)
  }

  @Test(arguments: 1...20) func aRestoredStateGoesOnBitForBit(seed: Int) throws {
    var generator = TestGenerator(state: UInt64(1000 + seed))
    let events = generator.events(300, labels: [0, 1])
    let cut = Int.random(in: 0...300, using: &generator)
    var uninterrupted = ProgressiveValidation(loss: .logistic, windowSize: 70)
    uninterrupted.record(events)
    var first = ProgressiveValidation(loss: .logistic, windowSize: 70)
    first.record(events.prefix(cut))
    var second = ProgressiveValidation(loss: .logistic, windowSize: 70)
    try second.restore(first.state)
    #expect(second.state == first.state)
    #expect(second.lastWindow == first.lastWindow)
    second.record(events.dropFirst(cut))
    #expect(second.state == uninterrupted.state)
    #expect(second.runSummary == uninterrupted.runSummary && second.lastWindow == uninterrupted.lastWindow)
  }

  @Test func anotherWindowSizeStartsTheWindowAnewAndKeepsTheRun() throws {
    var generator = TestGenerator(state: 5)
    var first = ProgressiveValidation(loss: .logistic, windowSize: 40)
    first.record(generator.events(95, labels: [0, 1]))
    var second = ProgressiveValidation(loss: .logistic, windowSize: 10)
    try second.restore(first.state)
    #expect(second.runSummary == first.runSummary && second.lastWindow == first.lastWindow)
    second.record(generator.events(9, labels: [0, 1]))
    #expect(second.windowsFinished == 2)
    second.record(generator.events(1, labels: [0, 1]))
    #expect(second.windowsFinished == 3 && second.lastWindow?.events == 10)
  }

  @Test func aDamagedStateIsRefusedAndChangesNothing() throws {
    var generator = TestGenerator(state: 9)
    var validation = ProgressiveValidation(loss: .logistic, windowSize: 40)
    validation.record(generator.events(50, labels: [0, 1]))
    let state = validation.state
    for missing in state.indices {
      var damaged = state
      damaged.remove(at: missing)
      #expect(throws: ProgressiveStateProblem.self) { try validation.restore(damaged) }
    }
    var short = state
    short[1] = NamedArray("run", .double([1]))
    #expect(throws: ProgressiveStateProblem.wrongLength("run", 1)) { try validation.restore(short) }
    #expect(validation.state == state)
  }
}
