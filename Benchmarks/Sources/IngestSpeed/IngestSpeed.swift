import AllocationCount
import BenchmarkSupport
import Foundation

/// What the ingest thread does with a record, part by part, on one thread.
@main
struct IngestSpeed {
  static let passes = 7

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("IngestSpeed: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    try AllocationCheck.isCounted { allocation_count() }
    let flights = try Flights()
    var figures = Figures("IngestSpeed", data: flights.description)
    print("\(passes) passes after one that is not counted\n")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("IngestSpeed-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var allocations: UInt64 = 0
    for stage in try IngestStages(flights, folder: folder.path).all {
      _ = try stage.pass()
      let results = try (0..<passes).map { _ in try stage.pass() }
      let times = results.map { Double($0.nanoseconds) / Double(max(1, $0.records)) }
      figures.add(stage.name, times.min() ?? .nan, "ns/event", better: .lower, scaling: .time)
      allocations += results.reduce(0) { $0 + $1.allocations }
    }
    figures.add(
      "allocations after the first pass", Double(allocations), "calls", better: .lower, scaling: .none, limit: 0)
    try figures.finish()
  }
}
