import AllocationCount
import BenchmarkSupport
import Foundation

/// What each part of the way of an event costs on one thread, and that none of them allocates.
@main
struct LearnFlights {
  /// The first claims the table's rows and lets buffers grow.
  static let passes = 6

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("LearnFlights: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    try AllocationCheck.isCounted { allocation_count() }
    let flights = try Flights()
    var figures = Figures("LearnFlights", data: flights.description)
    print("\(passes) passes, the first apart\n")
    var table = Table(
      "one thread, k = t = 16", "ns of CPU an event, median", "least", "in the first pass", "allocations in the first",
      "in all later ones")
    var allocationsAfterwards: UInt64 = 0
    for kind in ["afm", "fm", "linear"] {
      let pass = try Pass(flights, kind: kind)
      let first = try pass.run()
      var later: [[Stage]] = []
      for _ in 1..<passes { later.append(try pass.run()) }
      for (index, stage) in first.enumerated() {
        // Decoding and recording are the same whatever the model's kind.
        if kind != "afm", index != 1, index != 4 { continue }
        let times = later.map { $0[index].nanosecondsPerEvent }
        let allocations = later.reduce(0) { $0 + $1[index].allocations }
        figures.add(
          "\(kind): \(stage.name)", times.min() ?? .nan, "ns/event", better: .lower, scaling: .time)
        allocationsAfterwards += allocations
        table.add(
          "\(kind): \(stage.name)", Numbers.text(Numbers.median(times), digits: 0),
          Numbers.text(times.min() ?? .nan, digits: 0), Numbers.text(stage.nanosecondsPerEvent, digits: 0),
          String(stage.allocations), String(allocations))
      }
    }
    print("\(table.text)\n")
    figures.add(
      "allocations after the first pass", Double(allocationsAfterwards), "calls", better: .lower, scaling: .none,
      limit: 0)
    try figures.finish()
  }
}
