import BenchmarkSupport
import Foundation

/// Ranking 500 candidates against one context, beside scoring the same 500 as whole instances in one request; and what
/// others feel of a stream of such requests.
@main
struct RankSpeed {
  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("RankSpeed: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    var figures = Figures("RankSpeed")
    for (shape, limit) in [(Shape(context: 6, candidate: 4), 1.7), (Shape(context: 16, candidate: 4), 2.5)] {
      let daemon = try RankDaemon(shape)
      defer { daemon.end() }
      let comparison = try SideBySide(daemon)
      comparison.add(to: &figures, limit: limit)
      if limit > 2 { try Bystander(daemon).add(to: &figures) }
    }
    try figures.finish()
  }
}
