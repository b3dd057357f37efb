import BenchmarkSupport

/// What all rounds say together.
struct Report {
  let rounds: [Round]

  /// Prints the tables: of each figure the median over the rounds, of the greatest latency the greatest.
  func write() {
    var latency = Table("microseconds, medians of \(rounds.count) rounds", "p50", "p99", "p99.9", "greatest of all")
    for kind in Round.Case.allCases {
      let cases = rounds.compactMap { $0.latencies[kind] }
      func median(_ quantile: Double) -> String {
        Numbers.text(Numbers.median(cases.map { $0.quantile(quantile) }), digits: 1)
      }
      let greatest = cases.map { $0.quantile(1) }.max() ?? .nan
      latency.add(kind.rawValue, median(0.5), median(0.99), median(0.999), Numbers.text(greatest, digits: 0))
    }
    print("\n\(latency.text)\n")

    var learning = Table("learning from the file", "median", "least", "greatest")
    func add(_ name: String, digits: Int, _ figure: (Round) -> Double) {
      let figures = rounds.map(figure)
      learning.add(
        name, Numbers.text(Numbers.median(figures), digits: digits),
        Numbers.text(figures.min() ?? .nan, digits: digits), Numbers.text(figures.max() ?? .nan, digits: digits))
    }
    add("events/s, nobody asks", digits: 0) { $0.rateAlone }
    add("events/s, during the scores", digits: 0) { $0.rateScoring }
    add("us of the daemon's CPU an event, nobody asks", digits: 2) { $0.processorPerEvent }
    print("\(learning.text)\n")
  }
}
