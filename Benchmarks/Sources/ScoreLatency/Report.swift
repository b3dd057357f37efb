import BenchmarkSupport

/// What all rounds say together: of every figure the round in which others took the least of the machine, and beside it
/// the median over all rounds.
struct Report {
  let rounds: [Round]

  /// Prints the tables.
  func write() {
    var latency = Table(
      "microseconds, least disturbed of \(rounds.count) rounds", "p50", "p99", "p99.9", "greatest", "others took",
      "medians of all: p50", "p99", "p99.9")
    for kind in Round.Case.allCases {
      let cases = rounds.compactMap { $0.latencies[kind] }
      guard let best = cases.min(by: { $0.others < $1.others }) else { continue }
      func median(_ quantile: Double) -> String {
        Numbers.text(Numbers.median(cases.map { $0.value.quantile(quantile) }), digits: 1)
      }
      func least(_ quantile: Double) -> String { Numbers.text(best.value.quantile(quantile), digits: 1) }
      latency.add(
        kind.rawValue, least(0.5), least(0.99), least(0.999), least(1), share(best.others), median(0.5), median(0.99),
        median(0.999))
    }
    print("\n\(latency.text)\n")

    var learning = Table(
      "learning from the file, least disturbed of \(rounds.count) rounds", "events/s", "us of CPU an event",
      "others took", "medians of all: events/s", "us of CPU")
    func add(_ name: String, _ figures: [Round.Measured<Round.Learning>]) {
      guard let best = figures.min(by: { $0.others < $1.others }) else { return }
      learning.add(
        name, Numbers.text(best.value.rate, digits: 0), Numbers.text(best.value.processorPerEvent, digits: 2),
        share(best.others), Numbers.text(Numbers.median(figures.map(\.value.rate)), digits: 0),
        Numbers.text(Numbers.median(figures.map(\.value.processorPerEvent)), digits: 2))
    }
    add("nobody asks for scores", rounds.map(\.learningAlone))
    add("during the scores, their CPU included", rounds.map(\.learningBesideScores))
    print("\(learning.text)\n")
  }

  private func share(_ part: Double) -> String {
    Numbers.text(part * 100, digits: 0) + " %"
  }
}
