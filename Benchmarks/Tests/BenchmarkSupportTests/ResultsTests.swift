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
      program: "Program", date: "2026-01-31", machine: "a core", load: "0.1 0.2 0.3",
      reference: Reference(peak: 116, calibration: 400), figures: [figure], skipped: ["rate: no broker"])
    try results.write(to: folder)
    #expect(try Results(contentsOf: folder + "/Program.json") == results)
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
