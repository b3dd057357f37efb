import BenchmarkSupport
import Foundation
import Testing

@Suite("Results")
struct ResultsTests {
  @Test("what is written is read again")
  func roundTrip() throws {
    let folder = NSTemporaryDirectory() + "results-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let figure = Figure(
      name: "cost", value: 1.25, unit: "us", better: .lower, scaling: .time, limit: 2, tolerance: 0.15)
    let results = Results(
      program: "Program", date: "2026-01-31", machine: "a core", load: "0.1 0.2 0.3", data: "flights, 3",
      reference: Reference(peak: 116, calibration: 400), figures: [figure],
      skipped: [Skip(name: "rate", reason: "no broker", beginnings: ["Kafka: "])])
    try results.write(to: folder)
    #expect(try Results(contentsOf: folder + "/Program.json") == results)
  }

  @Test("what is not a number is skipped, and the rest is written")
  func notFinite() throws {
    let folder = NSTemporaryDirectory() + "results-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var figures = Figures("Program", data: "flights, 3")
    figures.add("nothing", .nan, "us", better: .lower, scaling: .time, limit: 1)
    figures.add("everything", .infinity, "us", better: .lower, scaling: .time)
    figures.add("cost", 1, "us", better: .lower, scaling: .time)
    try figures.results.write(to: folder)
    let results = try Results(contentsOf: folder + "/Program.json")
    #expect(results.figures.map(\.name) == ["cost"])
    #expect(results.skipped.map(\.name) == ["nothing", "everything"])
    #expect(results.skipped.allSatisfy { !$0.isExcused })
    #expect(results.data == "flights, 3")
  }

  @Test("accepting keeps what the run skipped, as it was measured")
  func keeping() {
    func results(_ figures: [Figure], day: String, calibration: Double) -> Results {
      Results(
        program: "Program", date: day, machine: "", load: "", data: "flights, 3",
        reference: Reference(peak: 116, calibration: calibration), figures: figures, skipped: [])
    }
    func figure(_ name: String, _ value: Double) -> Figure {
      Figure(name: name, value: value, unit: "us", better: .lower, scaling: .time)
    }
    let first = results(
      [figure("Kafka: cost", 100), figure("file: cost", 10), figure("gone", 1)], day: "2026-01-01", calibration: 400)
    var second = results([figure("file: cost", 20)], day: "2026-01-02", calibration: 800)
    second.skipped = [Skip(name: "learning from Kafka", reason: "no broker", beginnings: ["Kafka: "])]
    let accepted = second.keeping(first)
    #expect(second.keeping(nil) == second)
    #expect(accepted.figures.map(\.name) == ["file: cost", "Kafka: cost"])
    #expect(accepted.figures.map { accepted.origin(of: $0).date } == ["2026-01-02", "2026-01-01"])
    // Once more, and it is still the first run's.
    let again = second.keeping(accepted)
    #expect(again == accepted)
    // The kernel takes twice as long as then, so twice the time is as good.
    let third = results([figure("file: cost", 20), figure("Kafka: cost", 200)], day: "2026-01-03", calibration: 800)
    #expect(Comparison.compare(third, with: again).map(\.verdict) == [.steady, .steady])
  }

  @Test("a damaged file is named")
  func damaged() throws {
    let path = NSTemporaryDirectory() + "results-\(UInt64.random(in: 0...UInt64.max)).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("{".utf8).write(to: URL(fileURLWithPath: path))
    let problem = #expect(throws: BenchmarkProblem.self) { try Results(contentsOf: path) }
    #expect(problem?.description.contains(path) == true)
  }

  @Test("numbers keep as many digits as mean something")
  func digits() {
    #expect(Numbers.text(0) == "0")
    #expect(Numbers.text(0.01234) == "0.0123")
    #expect(Numbers.text(1.234) == "1.23")
    #expect(Numbers.text(65) == "65.0")
    #expect(Numbers.text(160) == "160")
    #expect(Numbers.text(123.456) == "123.5")
    #expect(Numbers.text(-350_000.4) == "-350000")
  }
}
