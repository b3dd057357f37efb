import BenchmarkSupport
import Foundation

/// Compares the figures that a run of the benchmarks wrote with the committed ones, or accepts them as those.
///
///     CompareFigures RUN ACCEPTED            says what changed
///     CompareFigures --check RUN ACCEPTED    and exits 1 where a figure got worse by more than its tolerance,
///                                            is missing, or nothing could be compared at all
///     CompareFigures --accept RUN ACCEPTED   makes the run's figures the accepted ones; what it skipped is kept
@main
struct CompareFigures {
  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let options = arguments.filter { $0.hasPrefix("--") }
    arguments.removeAll { $0.hasPrefix("--") }
    guard arguments.count == 2, options.isEmpty || options == ["--check"] || options == ["--accept"] else {
      complain("usage: CompareFigures [--check | --accept] RUN ACCEPTED")
      exit(64)
    }
    do {
      let runs = try results(in: arguments[0])
      if runs.isEmpty { throw BenchmarkProblem("\(arguments[0]) holds no results: run `make bench` first") }
      if options == ["--accept"] {
        let before = Dictionary(try results(in: arguments[1]).map { ($0.program, $0) }) { first, _ in first }
        for run in runs where !run.figures.isEmpty { try run.keeping(before[run.program]).write(to: arguments[1]) }
        let programs = runs.filter { !$0.figures.isEmpty }.map(\.program)
        print("Accepted in \(arguments[1]): \(programs.joined(separator: ", "))")
        return
      }
      let accepted = try results(in: arguments[1])
      let verdict = RunVerdict(runs, accepted: accepted)
      print(verdict.text)
      if options == ["--check"], !verdict.passes { exit(1) }
    } catch {
      complain("\(error)")
      exit(2)
    }
  }

  private static func complain(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data("CompareFigures: \(text)\n".utf8))
  }

  /// All results in a folder, by their programs' names; none where there is no such folder.
  private static func results(in folder: String) throws -> [Results] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return try names.filter { $0.hasSuffix(".json") }.sorted().map { try Results(contentsOf: folder + "/" + $0) }
  }
}
