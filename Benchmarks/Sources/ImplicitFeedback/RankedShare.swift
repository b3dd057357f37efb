import Foundation

/// How test positives ranked among their candidates: the sums behind hit rate and NDCG at 10.
struct RankedShare {
  private var events = 0.0
  private var hits = 0.0
  private var gain = 0.0

  /// Adds a positive that so many candidates came before; one of an equal score did.
  mutating func add(ahead: Int) {
    events += 1
    guard ahead < 10 else { return }
    hits += 1
    gain += 1 / log2(Double(ahead + 2))
  }

  var hitRate: Double { hits / events }
  var ndcg: Double { gain / events }
}

/// What a way of ranking comes to: in the stream, each positive before it was learned, and on test positives afterwards.
struct Outcome {
  var progressive: (hitRate: Double, ndcg: Double)
  var test: (hitRate: Double, ndcg: Double)

  var numbers: [Double] { [progressive.hitRate, progressive.ndcg, test.hitRate, test.ndcg] }
}
