import BenchmarkSupport

/// The time of a candidate in a ranking and of an instance in a scoring, over the socket, side by side.
struct SideBySide {
  private enum Kind: CaseIterable {
    case scoring, ranking, bestTen
  }

  /// Seconds a candidate; the least of all rounds.
  private struct Cost {
    var wall = Double.infinity
    var processor = Double.infinity
  }

  private static let rounds = 25
  private static let exchangesPerRound = 32

  private let shape: Shape
  private var costs: [Kind: Cost] = [:]

  init(_ daemon: RankDaemon) throws {
    shape = daemon.shape
    let connection = try daemon.connect()
    for _ in 0..<Self.rounds {
      for kind in Kind.allCases {
        let requests =
          switch kind {
          case .scoring: daemon.scorings
          case .ranking: daemon.rankings
          case .bestTen: daemon.bestTen
          }
        let before = daemon.loopSeconds
        var nanoseconds: UInt64 = 0
        for exchange in 0..<Self.exchangesPerRound {
          let start = Clock.monotonic
          let answer = try requests[exchange % requests.count].withUnsafeBytes { try connection.exchange($0) }
          nanoseconds += Clock.monotonic - start
          if kind == .scoring { try AnswerCheck.isScore(answer) } else { try AnswerCheck.isRanking(answer) }
        }
        let wall = Double(nanoseconds) / 1e9
        let processor = daemon.loopSeconds - before
        let candidates = Double(Self.exchangesPerRound * Shape.candidates)
        var cost = costs[kind] ?? Cost()
        cost.wall = min(cost.wall, wall / candidates)
        cost.processor = min(cost.processor, processor / candidates)
        costs[kind] = cost
      }
    }
  }

  /// - Parameter limit: how many times faster ranking is promised to be.
  func add(to figures: inout Figures, limit: Double) {
    guard let scoring = costs[.scoring], let ranking = costs[.ranking], let best = costs[.bestTen] else { return }
    func times(_ name: String, _ value: Double) {
      figures.add("\(shape), \(name)", value, "times", better: .higher, scaling: .none, limit: limit)
    }
    func microseconds(_ name: String, _ value: Double) {
      figures.add("\(shape), \(name)", value * 1e6, "us/candidate", better: .lower, scaling: .time)
    }
    microseconds("scored, server CPU", scoring.processor)
    microseconds("ranked, all answered, server CPU", ranking.processor)
    microseconds("ranked, ten answered, server CPU", best.processor)
    times("ranked faster than scored, all answered, server CPU", scoring.processor / ranking.processor)
    times("ranked faster than scored, all answered, wall", scoring.wall / ranking.wall)
    times("ranked faster than scored, ten answered, server CPU", scoring.processor / best.processor)
    times("ranked faster than scored, ten answered, wall", scoring.wall / best.wall)
  }
}
