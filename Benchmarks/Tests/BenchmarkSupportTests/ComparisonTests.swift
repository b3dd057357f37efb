import BenchmarkSupport
import Testing

@Suite("Comparison of figures with accepted ones")
struct ComparisonTests {
  private let slow = Reference(peak: 58, calibration: 1000)
  private let fast = Reference(peak: 116, calibration: 500)

  private func figure(
    _ value: Double, better: Figure.Better = .lower, scaling: Figure.Scaling = .time, limit: Double? = nil,
    tolerance: Double = Figure.usualTolerance, name: String = "cost"
  ) -> Figure {
    Figure(
      name: name, value: value, unit: "unit", better: better, scaling: scaling, limit: limit, tolerance: tolerance)
  }

  private func results(_ figures: [Figure], _ reference: Reference) -> Results {
    Results(
      program: "Program", date: "2026-01-31", machine: "", load: "", reference: reference, figures: figures,
      skipped: [])
  }

  private func verdict(_ now: Figure, _ nowOn: Reference, before: Figure, _ beforeOn: Reference)
    -> Comparison.Verdict?
  {
    Comparison.compare(results([now], nowOn), with: results([before], beforeOn)).first?.verdict
  }

  @Test("a duration is compared in rounds of the calibration kernel")
  func durations() {
    #expect(verdict(figure(200), slow, before: figure(100), fast) == .steady)
    #expect(verdict(figure(200), fast, before: figure(200), slow) == .worse)
    #expect(verdict(figure(114), fast, before: figure(100), fast) == .steady)
    #expect(verdict(figure(116), fast, before: figure(100), fast) == .worse)
    #expect(verdict(figure(80), fast, before: figure(100), fast) == .better)
    #expect(verdict(figure(90), fast, before: figure(100), fast) == .steady)
  }

  @Test("a rate is the other way round")
  func rates() {
    func rate(_ value: Double) -> Figure { figure(value, better: .higher, scaling: .rate) }
    #expect(verdict(rate(50), slow, before: rate(100), fast) == .steady)
    #expect(verdict(rate(100), fast, before: rate(100), slow) == .worse)
    #expect(verdict(rate(100), slow, before: rate(100), fast) == .better)
    #expect(verdict(rate(86), fast, before: rate(100), fast) == .worse)
  }

  @Test("a ratio or a count ignores the machine")
  func ratios() {
    #expect(verdict(figure(10, scaling: .none), slow, before: figure(10, scaling: .none), fast) == .steady)
    #expect(verdict(figure(12, scaling: .none), slow, before: figure(10, scaling: .none), fast) == .worse)
    let times = figure(3, better: .higher, scaling: .none)
    #expect(verdict(figure(2, better: .higher, scaling: .none), fast, before: times, slow) == .worse)
  }

  @Test("a figure's own tolerance counts")
  func tolerance() {
    #expect(verdict(figure(140, tolerance: 0.5), fast, before: figure(100, tolerance: 0.5), fast) == .steady)
    #expect(verdict(figure(160, tolerance: 0.5), fast, before: figure(100, tolerance: 0.5), fast) == .worse)
  }

  @Test("from nothing to something is worse, and so is what is not a number")
  func extremes() {
    let nothing = figure(0, scaling: .none)
    #expect(verdict(nothing, fast, before: nothing, slow) == .steady)
    #expect(verdict(figure(1, scaling: .none), fast, before: nothing, slow) == .worse)
    #expect(verdict(nothing, fast, before: figure(1, scaling: .none), slow) == .better)
    #expect(verdict(figure(.nan), fast, before: figure(1), fast) == .worse)
    #expect(verdict(figure(0, better: .higher), fast, before: figure(1, better: .higher), fast) == .worse)
  }

  @Test("a difference may be negative, and its sign may change")
  func differences() {
    #expect(verdict(figure(-2), fast, before: figure(-1), fast) == .better)
    #expect(verdict(figure(-1), fast, before: figure(-2), fast) == .worse)
    #expect(verdict(figure(1), fast, before: figure(-1), fast) == .worse)
    #expect(verdict(figure(-1), fast, before: figure(1), fast) == .better)
    #expect(verdict(figure(-1), fast, before: figure(-1), fast) == .steady)
    #expect(verdict(figure(-1), fast, before: figure(0), fast) == .better)
    #expect(verdict(figure(-1, better: .higher), fast, before: figure(1, better: .higher), fast) == .worse)
    #expect(verdict(figure(1, better: .higher), fast, before: figure(-1, better: .higher), fast) == .better)
  }

  @Test("figures of other data are not compared")
  func otherData() {
    var run = results([figure(9)], fast)
    var accepted = results([figure(1)], fast)
    run.data = "the demo's sample"
    #expect(Comparison.compare(run, with: accepted).map(\.verdict) == [.otherData])
    accepted.data = "all flights"
    #expect(Comparison.compare(run, with: accepted).map(\.verdict) == [.otherData])
    accepted.data = run.data
    #expect(Comparison.compare(run, with: accepted).map(\.verdict) == [.worse])
  }

  @Test("a figure is missing unless the run says what the machine lacks")
  func skipped() {
    let accepted = results([figure(1, name: "Kafka: rate"), figure(1, name: "file: rate")], fast)
    var run = results([], fast)
    run.skipped = [Skip(name: "learning from Kafka", reason: "no broker", beginnings: ["Kafka: "])]
    #expect(Comparison.compare(run, with: accepted).map(\.verdict) == [.skipped, .missing])
    run.skipped[0].isExcused = false
    #expect(Comparison.compare(run, with: accepted).map(\.verdict) == [.missing, .missing])
  }

  @Test("what has no counterpart is new or missing, and so is what changed its unit")
  func counterparts() {
    let old = results([figure(1, name: "gone"), figure(1, name: "kept")], fast)
    let run = results([figure(1, name: "kept"), figure(1, name: "fresh")], fast)
    let comparisons = Comparison.compare(run, with: old)
    #expect(comparisons.map(\.figure.name) == ["kept", "fresh", "gone"])
    #expect(comparisons.map(\.verdict) == [.steady, .new, .missing])
    #expect(Comparison.compare(run, with: nil).map(\.verdict) == [.new, .new])
    #expect(verdict(figure(9, scaling: .rate), fast, before: figure(1), fast) == .new)
  }

  @Test("a promise is judged on the promised core")
  func promises() {
    #expect(figure(200, limit: 100).keepsPromise(on: slow) == true)
    #expect(figure(200, limit: 100).keepsPromise(on: fast) == false)
    #expect(figure(50, better: .higher, scaling: .rate, limit: 100).keepsPromise(on: slow) == true)
    #expect(figure(50, better: .higher, scaling: .none, limit: 100).keepsPromise(on: slow) == false)
    #expect(figure(50).keepsPromise(on: slow) == nil)
  }
}
