import BenchmarkSupport
import Foundation

/// What one pass over positive events alone learns of Frappe, beside counting and beside the file whose negatives were
/// drawn before.
@main
struct ImplicitFeedback {
  private static let help = """
    usage: ImplicitFeedback [--set KEY=VALUE]... [--cross FIELD,FIELD]... [--seeds 1,2,3]
                            [--only NAME,...] [--frappe DIRECTORY]

    Hit rate and NDCG at 10 of positives among 99 sampled items: in the stream, each before it is learned, and of the test
    positives after the pass. KEY is any key below `learning` of afmd.yaml. NAME is popularity, repeats, file, log or
    ranking.
    """

  static func main() {
    do {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("ImplicitFeedback: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) throws {
    if arguments.contains("--help") { return print(help) }
    var settings: [Setting] = []
    var seeds: [UInt64] = [1, 2, 3]
    var crosses: [[String]] = []
    var only: [String]?
    var directory: String?
    var rest = arguments[...]
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else { throw BenchmarkProblem("\(option) needs a value\n\(help)") }
      switch option {
      case "--set":
        guard let sign = value.firstIndex(of: "=") else {
          throw BenchmarkProblem("--set takes KEY=VALUE, not \(value)")
        }
        settings.append(Setting(key: String(value[..<sign]), value: String(value[value.index(after: sign)...])))
      case "--cross": crosses.append(value.split(separator: ",").map(String.init))
      case "--seeds":
        seeds = try value.split(separator: ",").map {
          guard let seed = UInt64($0) else { throw BenchmarkProblem("--seeds takes numbers, not \($0)") }
          return seed
        }
      case "--only": only = value.split(separator: ",").map(String.init)
      case "--frappe": directory = value
      default: throw BenchmarkProblem("\(option) is unknown\n\(help)")
      }
    }
    guard let frappe = try Frappe.find(directory) else { return print(Frappe.absent) }
    let positives = try Positives(frappe)
    print(
      "Frappe, \(positives.training.count) training positives in file order, \(positives.test.count) test positives; "
        + "\(settings.isEmpty ? "the defaults" : settings.map(\.description).joined(separator: " "))"
        + "\(crosses.map { ", \($0.joined(separator: " x "))" }.joined())\n")
    // What only the daemon knows of sampling has no meaning for a file with its negatives in it.
    let plain = settings.filter { !$0.key.hasPrefix("negative_sampling.") && $0.key != "loss" }
    let ways: [(name: String, text: String, run: (UInt64) throws -> Outcome)] = [
      ("popularity", "popularity so far", { Counting(knowsUsers: false).run(positives, seed: $0) }),
      ("repeats", "what the user had, then popularity", { Counting(knowsUsers: true).run(positives, seed: $0) }),
      (
        "file", "the file with its negatives, log loss",
        { try SampledBeforePass(frappe, positives, plain, crosses: crosses, seed: $0).run() }
      ),
      (
        "log", "positives, sampled negatives, log loss",
        { try DaemonPass(positives: positives, settings: settings, crosses: crosses).run(seed: $0) }
      ),
      (
        "ranking", "positives, sampled negatives, ranking loss",
        {
          try DaemonPass(
            positives: positives, settings: settings + [Setting(key: "loss", value: "ranking")], crosses: crosses
          ).run(
            seed: $0)
        }
      ),
    ]
    for name in only ?? [] where !ways.contains(where: { $0.name == name }) {
      throw BenchmarkProblem("--only takes \(ways.map(\.name).joined(separator: ", ")), not \(name)")
    }
    var table = Table(
      "mean of the seeds", "hit rate in the stream", "NDCG", "hit rate on test", "NDCG ")
    for way in ways where only?.contains(way.name) ?? true {
      let runs = try seeds.map { try way.run($0).numbers }
      let spreads = (0..<4).map { index in Spread(runs.map { $0[index] }).description }
      table.add(way.text, spreads[0], spreads[1], spreads[2], spreads[3])
    }
    print(table.text)
  }
}
