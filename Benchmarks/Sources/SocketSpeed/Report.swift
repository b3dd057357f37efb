import BenchmarkSupport

/// What all rounds say together.
struct Report {
  let rounds: [Round]

  /// Prints the latencies: medians over the rounds, and what others took of the machine in the middle one.
  func write() {
    var table = Table(
      "microseconds, medians of \(rounds.count) rounds", "p50", "p99", "p99.9", "greatest", "exchanges", "others took")
    for kind in Round.Case.allCases {
      let cases = rounds.compactMap { $0.cases[kind] }
      func median(_ quantile: Double) -> String {
        Numbers.text(Numbers.median(cases.map { $0.latencies.quantile(quantile) }), digits: 1)
      }
      let count = Numbers.median(cases.map { Double($0.latencies.count) })
      let others = Numbers.median(cases.map(\.others)) * 100
      table.add(
        kind.rawValue, median(0.5), median(0.99), median(0.999), median(1), Numbers.text(count, digits: 0),
        Numbers.text(others, digits: 0) + " %")
    }
    print("\(table.text)\n")
    let snapshots = rounds.map { String($0.snapshotCount) }.joined(separator: ", ")
    let rollbacks = rounds.map { String($0.rollbackCount) }.joined(separator: ", ")
    print("Snapshots taken in each round: \(snapshots); rollbacks: \(rollbacks); \(Round.busySeconds) s each.\n")
  }

  /// Adds the figures with their promises.
  func add(to figures: inout Figures) {
    over(.pinnedLines, .pinnedLineEcho, 0.5, "p50", limit: 6, to: &figures)
    over(.pinnedLines, .pinnedLineEcho, 0.99, "p99", limit: 25, tolerance: 1, to: &figures)
    over(.pinnedHTTP, .pinnedHTTPEcho, 0.5, "p50", limit: 8, to: &figures)
    for kind in [Round.Case.pinnedLines, .pinnedLineEcho, .pinnedHTTP, .pinnedHTTPEcho, .eight] {
      figures.add(
        "\(kind.rawValue): p50", median(kind, 0.5), "us", better: .lower, scaling: .time, tolerance: 0.25)
    }
    figures.add(
      "lines, pipelined \(Round.pipelineDepth), a core of the daemon's", Numbers.median(rounds.map(\.pipelined)),
      "scores/s", better: .higher, scaling: .rate, limit: 300_000)
    for kind in [Round.Case.busy, .snapshots, .rollbacks] {
      figures.add(
        "\(kind.rawValue): p99", median(kind, 0.99), "us", better: .lower, scaling: .time, limit: 1_000, tolerance: 1)
      figures.add(
        "\(kind.rawValue): p99.9", median(kind, 0.999), "us", better: .lower, scaling: .time, limit: 5_000,
        tolerance: 1)
    }
    figures.add(
      "events learned beside scores", Numbers.median(rounds.map(\.learned)), "events/s", better: .higher,
      scaling: .rate, tolerance: 0.25)
    let rates = rounds.compactMap { round in round.h2loadRate.map { (h2load: $0, own: round.ownRate) } }
    if rates.isEmpty {
      figures.skip(
        "h2load", because: "it is not installed (Debian's nghttp2-client)",
        figures: ["HTTP, one core, by "])
    } else {
      figures.add(
        "HTTP, one core, by this program", Numbers.median(rates.map(\.own)), "requests/s", better: .higher,
        scaling: .rate, tolerance: 0.25)
      figures.add(
        "HTTP, one core, by h2load", Numbers.median(rates.map(\.h2load)), "requests/s", better: .higher, scaling: .rate,
        tolerance: 0.25)
    }
  }

  private func over(
    _ score: Round.Case, _ echo: Round.Case, _ quantile: Double, _ name: String, limit: Double,
    tolerance: Double = 0.25, to figures: inout Figures
  ) {
    // Within each round, so that what slows both down is in neither.
    let differences = rounds.compactMap { round -> Double? in
      guard let score = round.cases[score], let echo = round.cases[echo] else { return nil }
      return score.latencies.quantile(quantile) - echo.latencies.quantile(quantile)
    }
    figures.add(
      "\(score.rawValue): \(name) over the echo's", Numbers.median(differences), "us", better: .lower, scaling: .time,
      limit: limit, tolerance: tolerance)
  }

  private func median(_ kind: Round.Case, _ quantile: Double) -> Double {
    Numbers.median(rounds.compactMap { $0.cases[kind]?.latencies.quantile(quantile) })
  }
}
