import AttentionalFM
import BenchmarkSupport
import Foundation
import Learning

/// What a snapshot of two million rows costs a learner at full speed, an increment of it, and loading it again.
@main
struct SnapshotSpeed {
  static func main() {
    let directory = NSTemporaryDirectory() + "afm-snapshot-speed-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try run(directory)
    } catch {
      try? FileManager.default.removeItem(atPath: directory)
      try? FileHandle.standardError.write(contentsOf: Data("SnapshotSpeed: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ directory: String) throws {
    var figures = Figures("SnapshotSpeed")
    let learning = try MeasuredLearning(directory: directory)
    try learning.learn(.enumerated, Int(MeasuredLearning.valuesPerField))
    let claimed = try learning.report.table.claimed
    print(
      "\(claimed) claimed rows of \(MeasuredLearning.slots), k = t = 16, \(GeneratedSource.fields) features an event\n")
    var table = Table(
      "full snapshot beside learning", "s", "events/s", "events/s without", "longest pause, ms",
      "longest 16 events, ms", "waited for the disk, s", "extra MB")
    for (kind, name) in [(StreamKind.zipf, "Zipf"), (.uniform, "uniform")] {
      try measureFull(learning, kind, name, &figures, &table)
    }
    print("\(table.text)\n")
    try measureIncrement(learning, &figures)
    let last = try learning.archive.ids().filter { try learning.archive.manifest($0).files.count == 1 }.last ?? 1
    try learning.stop()
    try measureLoading(learning, last, &figures)
    try figures.finish()
  }

  private static func measureFull(
    _ learning: MeasuredLearning, _ kind: StreamKind, _ name: String, _ figures: inout Figures, _ table: inout Table
  ) throws {
    learning.control.deliver(kind)
    usleep(500_000)
    let before = try learning.rate(seconds: 2)
    let snapshot = try learning.snapshot(isFull: true)
    let after = try learning.rate(seconds: 2)
    learning.control.stop()
    let normal = (before + after) / 2
    // Streams follow Zipf's law; evenly drawn features are the worst there can be, and no promise.
    let isPromised = kind == .zipf
    // What goes round between learner and writer is always there; it counts all the same.
    let megabytes = Double(snapshot.extraBytes + LearningSettings().snapshotBytes(learning.configuration)) / 1e6
    table.add(
      name, Numbers.text(snapshot.seconds), Numbers.text(snapshot.rate, digits: 0), Numbers.text(normal, digits: 0),
      Numbers.text(snapshot.longestPause * 1000), Numbers.text(snapshot.longestTurn * 1000),
      Numbers.text(snapshot.waited), Numbers.text(megabytes))
    figures.add(
      "\(name): learning beside a full snapshot, of normal", snapshot.rate / normal, "times", better: .higher,
      scaling: .none, limit: isPromised ? 0.8 : nil)
    figures.add(
      "\(name): longest pause of learning that a full snapshot causes", snapshot.longestPause * 1000, "ms",
      better: .lower, scaling: .time, limit: isPromised ? 5 : nil, tolerance: 1)
    figures.add(
      "\(name): longest time of 16 events beside a full snapshot", snapshot.longestTurn * 1000, "ms", better: .lower,
      scaling: .time, tolerance: 2)
    figures.add(
      "\(name): memory beside a full snapshot", megabytes, "MB", better: .lower, scaling: .none,
      limit: isPromised ? 64 : nil, tolerance: 2)
    figures.add(
      "\(name): full snapshot until durable", snapshot.seconds, "s", better: .lower, scaling: .time, tolerance: 0.5)
  }

  /// Both while nothing is learned, so that the work of each is compared.
  private static func measureIncrement(_ learning: MeasuredLearning, _ figures: inout Figures) throws {
    let claimed = try learning.report.table.claimed
    let full = try learning.snapshot(isFull: true)
    var increments: [MeasuredSnapshot] = []
    for _ in 0..<3 {
      try learning.learn(.enumerated, Int(claimed) / 100 / GeneratedSource.fields)
      increments.append(try learning.snapshot(isFull: false))
    }
    let seconds = Numbers.median(increments.map(\.seconds))
    let bytes = Numbers.median(increments.map { Double($0.manifest.ownSize) })
    print(
      "idle: full \(Numbers.text(full.seconds)) s, \(full.manifest.ownSize) bytes; after 1 % of the rows changed "
        + "\(Numbers.text(seconds)) s, \(Numbers.text(bytes, digits: 0)) bytes, "
        + "\(increments.last?.manifest.files.count ?? 0) files\n")
    figures.add(
      "increment of 1 % of the rows: bytes, of a full snapshot's", bytes / Double(full.manifest.ownSize), "times",
      better: .lower, scaling: .none, limit: 0.05)
    figures.add(
      "increment of 1 % of the rows: time, of a full snapshot's", seconds / full.seconds, "times", better: .lower,
      scaling: .none, limit: 0.05, tolerance: 0.5)
  }

  private static func measureLoading(_ learning: MeasuredLearning, _ id: UInt64, _ figures: inout Figures) throws {
    var table = Table(
      "loading from page cache", "verified, s", "restored, s", "GB/s", "fresh memory of the machine, GB/s")
    let first = LoadSpeed.freshMemory(bytes: 1 << 29)
    table.add("before", "", "", "", Numbers.text(first / 1e9))
    var rates: [Double] = []
    for round in 0...5 {
      let load = try LoadSpeed(learning.archive, id, learning.configuration)
      let fresh = LoadSpeed.freshMemory(bytes: 1 << 29)
      table.add(
        round == 0 ? "first" : "round \(round)", Numbers.text(load.verifying), Numbers.text(load.restoring),
        Numbers.text(load.rate / 1e9),
        Numbers.text(fresh / 1e9))
      rates.append(load.rate / 1e9)
    }
    print("\(table.text)\n")
    figures.add(
      "loading a snapshot from page cache", Numbers.median(Array(rates.dropFirst())), "GB/s", better: .higher,
      scaling: .rate, limit: 1, tolerance: 0.5)
    // Into memory that the process never had, as a start does; the machine may give it as slowly as it likes.
    figures.add(
      "loading a snapshot from page cache, the first", rates[0], "GB/s", better: .higher, scaling: .rate,
      tolerance: 0.5)
  }
}
