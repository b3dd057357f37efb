import BenchmarkSupport
import Foundation

/// Compares the figures that a run of the benchmarks wrote with the committed ones, or accepts them as those.
///
///     CompareFigures RUN ACCEPTED            says what changed
///     CompareFigures --check RUN ACCEPTED    and exits 1 where a figure got worse by more than its tolerance
///     CompareFigures --accept RUN ACCEPTED   copies the run's results over the accepted ones
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
        for run in runs { try run.write(to: arguments[1]) }
        print("Accepted in \(arguments[1]): \(runs.map(\.program).joined(separator: ", "))")
        return
      }
      let accepted = try results(in: arguments[1])
      let verdict = Verdict(runs, accepted: accepted)
      print(verdict.text)
      if options == ["--check"], verdict.gotWorse { exit(1) }
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
