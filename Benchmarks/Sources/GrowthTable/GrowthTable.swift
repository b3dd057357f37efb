import BenchmarkSupport
import Foundation

/// How the cost of an event grows with its features and with the model's size, beside the arithmetic that it needs.
@main
struct GrowthTable {
  private static let sizes = [8, 16, 64, 256]
  private static let features = [3, 10, 30, 60]

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("GrowthTable: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    var figures = Figures("GrowthTable")
    var table = Table(
      "us of CPU an event (times its floor)", "k = t = 8", "16", "64", "256")
    for count in features {
      var cells: [String] = []
      for size in sizes {
        let steps = try GrowingSteps(features: count, size: size)
        let measured = steps.measure()
        cells.append("\(cell(measured.microseconds)) (\(Numbers.text(measured.timesFloor, digits: 1)))")
        figures.add(
          "\(count) features, k = t = \(size)", measured.microseconds, "us/event", better: .lower, scaling: .time)
      }
      table.add("\(count) features, \(count * (count - 1) / 2) pairs", cells[0], cells[1], cells[2], cells[3])
    }
    print("\(table.text)\n")
    print("The floor is c (6 k t + 18 k) operations for c pairs at the peak of the same moment.\n")
    try figures.finish()
  }

  private static func cell(_ microseconds: Double) -> String {
    Numbers.text(microseconds, digits: microseconds < 100 ? 2 : 0)
  }
}
