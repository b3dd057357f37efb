import BenchmarkSupport
import Foundation

/// The daemon beside Vowpal Wabbit, from files, in one run: all pairs of fields, and the linear model.
@main
struct VowpalWabbit {
  static let rounds = 5
  /// Lines of both files, at least.
  static let events = 600_000

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("VowpalWabbit: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let flights = try Flights()
    var figures = Figures("VowpalWabbit", data: flights.description)
    let python = ProcessInfo.processInfo.environment["AFM_RIVAL"] ?? "python3"
    let version = try? Command(python, ["-m", "vowpalwabbit", "--version"]).run(keepsOutput: true)
    guard let version, version.status == 0 else {
      figures.skip(
        "the daemon beside Vowpal Wabbit",
        because:
          "\(python) has no module vowpalwabbit: `make bench` installs it, or pip install 'vowpalwabbit==9.11.*'",
        figures: [""])
      return try figures.finish()
    }
    let copies = max(1, (events + flights.lines.count - 1) / flights.lines.count)
    let all = copies * flights.lines.count
    print(
      "\(copies) times the flights, \(all) events; Vowpal Wabbit \(version.output.prefix { $0 != " " })\n")
    let folder = DaemonProcess.temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try flights.write(copies: copies, to: folder + "/flights.ndjson")
    try VowpalFlights.write(flights, inOneNamespace: false, copies: copies, to: folder + "/fields.vw")
    try VowpalFlights.write(flights, inOneNamespace: true, copies: copies, to: folder + "/one.vw")
    try Data().write(to: URL(fileURLWithPath: folder + "/empty"))

    var pairs = Contest(python: python, folder: folder, events: all)
    var linear = pairs
    for _ in 0..<rounds {
      try pairs.round(kind: "afm", options: ["-q", "::"])
      try linear.round(kind: "linear", options: [])
    }
    report("afm", "-q ::", pairs, all, limit: 3, to: &figures)
    report("linear", "linear", linear, all, limit: 1, to: &figures)
    try figures.finish()
  }

  private static func report(
    _ kind: String, _ options: String, _ contest: Contest, _ events: Int, limit: Double, to figures: inout Figures
  ) {
    var table = Table(
      "medians of \(rounds)", "events/s", "with the process's start", "start, s", "us of CPU an event, with start")
    let programs = [
      ("afmd, \(kind)", contest.ours), ("Vowpal Wabbit, \(options)", contest.theirs),
      ("Vowpal Wabbit, \(options), all fields in one namespace", contest.theirsInOne),
    ]
    for (name, times) in programs {
      table.add(
        name, Numbers.text(times.rate(events), digits: 0), Numbers.text(times.wholeRate(events), digits: 0),
        Numbers.text(Numbers.median(times.start)),
        Numbers.text(Numbers.median(times.processor) / Double(events) * 1e6))
    }
    print("\(table.text)\n")
    figures.add(
      "\(kind): times as fast as Vowpal Wabbit", contest.ours.rate(events) / contest.theirs.rate(events), "times",
      better: .higher, scaling: .none, limit: limit)
    figures.add(
      "\(kind): times as fast, with the start of both processes",
      contest.ours.wholeRate(events) / contest.theirs.wholeRate(events), "times", better: .higher, scaling: .none,
      limit: limit)
    figures.add(
      "\(kind): times as fast as Vowpal Wabbit with all fields in one namespace",
      contest.ours.rate(events) / contest.theirsInOne.rate(events), "times", better: .higher, scaling: .none)
    figures.add(
      "\(kind): events learned", contest.ours.rate(events), "events/s", better: .higher, scaling: .rate)
    figures.add(
      "\(kind): Vowpal Wabbit", contest.theirs.rate(events), "events/s", better: .higher, scaling: .rate,
      tolerance: 0.5)
  }
}
