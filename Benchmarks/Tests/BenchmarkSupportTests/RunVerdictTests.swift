import BenchmarkSupport
import Testing

@Suite("Verdict over a run")
struct RunVerdictTests {
  private func results(_ names: [String], program: String = "Program", value: Double = 1) -> Results {
    Results(
      program: program, date: "2026-01-31", machine: "", load: "", reference: Reference(peak: 116, calibration: 400),
      figures: names.map { Figure(name: $0, value: value, unit: "us", better: .lower, scaling: .time) }, skipped: [])
  }

  @Test("a check that compared nothing does not pass")
  func nothing() {
    #expect(!RunVerdict([results(["cost"])], accepted: []).passes)
    #expect(!RunVerdict([], accepted: [results(["cost"])]).passes)
    #expect(RunVerdict([results(["cost"])], accepted: [results(["cost"])]).passes)
  }

  @Test("what got worse or is missing does not pass, what is new or cannot be measured does")
  func counterparts() {
    let accepted = [results(["cost", "Kafka: cost"])]
    #expect(!RunVerdict([results(["cost"])], accepted: accepted).passes)
    #expect(!RunVerdict([results(["cost", "Kafka: cost"], value: 2)], accepted: accepted).passes)
    #expect(RunVerdict([results(["cost", "Kafka: cost", "new"])], accepted: accepted).passes)
    var run = results(["cost"])
    run.skipped = [Skip(name: "learning from Kafka", reason: "no broker", beginnings: ["Kafka: "])]
    #expect(RunVerdict([run], accepted: accepted).passes)
    run.skipped[0].isExcused = false
    #expect(!RunVerdict([run], accepted: accepted).passes)
  }

  @Test("programs that did not run are named, and excused")
  func otherPrograms() {
    let accepted = [results(["cost"]), results(["cost"], program: "Other")]
    let verdict = RunVerdict([results(["cost"])], accepted: accepted)
    #expect(verdict.passes)
    #expect(verdict.compared == 1)
    #expect(verdict.text.contains("NOT RUN: Other"))
  }
}
