import BenchmarkSupport
import Foundation

/// What a daemon with a full table has in RAM, beside what `afmd --check` predicts; and what a table of 70 % load
/// evicts.
@main
struct TableMemory {
  static let slots = 1 << 20

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("TableMemory: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    var figures = Figures("TableMemory")
    for (kind, size) in [("afm", slots), ("afm", slots / 16), ("afm", slots * 2), ("linear", slots)] {
      let name = "\(kind), \(size) slots"
      let full = try Filled(kind: kind, slots: size, load: 1.3)
      guard full.claimed > 0.95 else {
        throw BenchmarkProblem("\(name): only \(Numbers.text(full.claimed * 100)) % of the slots are claimed")
      }
      if kind == "afm", size >= slots {
        figures.add(
          "\(name): bytes a slot beside 64 MB", (full.resident - 64e6) / Double(size), "bytes", better: .lower,
          scaling: .none, limit: 160)
      }
      figures.add("\(name): in RAM", full.resident / 1e6, "MB", better: .lower, scaling: .none)
      figures.add(
        "\(name): the prediction is off by", abs(full.predicted / full.resident - 1) * 100, "%", better: .lower,
        scaling: .none, limit: 10, tolerance: 1)
    }
    let partly = try Filled(kind: "afm", slots: slots, load: 0.7)
    figures.add(
      "features evicted at 70 % load", partly.evicted * 100, "%", better: .lower, scaling: .none, limit: 0.5)
    try figures.finish()
  }
}

/// A daemon whose table was filled with distinct features.
private struct Filled {
  /// Bytes in RAM.
  let resident: Double
  /// Bytes that `afmd --check` says.
  let predicted: Double
  /// The share of slots that are claimed.
  let claimed: Double
  /// Features evicted, as a share of those that came.
  let evicted: Double

  /// Fills a table.
  ///
  /// - Parameter load: distinct features as a multiple of the slots.
  init(kind: String, slots: Int, load: Double) throws {
    let folder = DaemonProcess.temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let events = Int(Double(slots) * load) / DistinctFeatures.fields.count
    try DistinctFeatures.write(events: events, to: folder + "/events.ndjson")
    let daemon = try DaemonProcess(
      folder: folder,
      settings: DistinctFeatures.settings(folder: folder, events: folder + "/events.ndjson", slots: slots, kind: kind))
    defer { daemon.end() }
    try daemon.waitUntilLearned(events)
    resident = Double(Machine.residentBytes(of: daemon.id))
    let check = try Command(try DaemonProcess.program("afmd"), ["--check", "--config", folder + "/afmd.yaml"]).succeed()
    let line = check.split(separator: "\n").first { $0.hasSuffix("MiB  in all") }
    guard let mebibytes = line?.split(separator: " ").first.flatMap({ Double($0) }) else {
      throw BenchmarkProblem("afmd --check printed no line `... MiB  in all`:\n\(check)")
    }
    predicted = mebibytes * 1_048_576
    let status = try Self.status(of: daemon, learned: events)
    guard let table = status["table"] as? [String: Any], let claimed = table["claimed"] as? Int,
      let evicted = table["evicted"] as? Int
    else { throw BenchmarkProblem("the status has no table: \(status)") }
    self.claimed = Double(claimed) / Double(slots)
    self.evicted = Double(evicted) / Double(events * DistinctFeatures.fields.count)
  }

  /// The status once it knows of all events; it may be 50 ms old.
  private static func status(of daemon: DaemonProcess, learned events: Int) throws -> [String: Any] {
    for _ in 0..<200 {
      let status = try daemon.ask("{\"op\":\"status\"}")
      if status["events_learned"] as? Int == events { return status }
      usleep(50_000)
    }
    throw BenchmarkProblem("the status never came to \(events) events learned; ask it what it says of `records`")
  }
}
