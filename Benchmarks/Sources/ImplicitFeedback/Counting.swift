import FeatureEncoding
import Features
import NegativeSampling

/// Ranks by counting alone: by how often an item was seen, or first by whether the user had it.
struct Counting {
  let knowsUsers: Bool

  /// Counts the training positives in their order, each ranked before among the very candidates that the daemon draws;
  /// then ranks the test positives.
  func run(_ positives: Positives, seed: UInt64) -> Outcome {
    var counts: [UInt32: Int] = [:]
    var seen: Set<[UInt32]> = []
    var sampler = NegativeSampler(SamplingSettings(), seed: seed)
    func score(_ user: UInt32, _ item: UInt32) -> Int {
      counts[item, default: 0] + (knowsUsers && seen.contains([user, item]) ? 1 << 32 : 0)
    }
    func ahead(_ event: Positives.Event, _ rivals: [UInt32]) -> Int {
      let own = score(event.user, event.item)
      return rivals.count { score(event.user, $0) >= own }
    }
    var progressive = RankedShare()
    for (number, event) in positives.training.enumerated() {
      let value = FeatureHash.categorical(field: "item", text: "\(event.item)", seed: 0)
      let user = FeatureHash.categorical(field: "user", text: "\(event.user)", seed: 0)
      sampler.draw(Positives.candidates, beside: value, user: user, eventNumber: UInt64(number), for: .ranking)
      if sampler.drawn.count == Positives.candidates {
        // What stands at a place is the item itself, not a feature.
        progressive.add(
          ahead: ahead(event, sampler.drawn.map { UInt32(truncatingIfNeeded: sampler.features(at: $0)[0].hash) }))
      }
      sampler.note(value, [Feature(hash: UInt64(event.item), value: 1, field: 0)], user: user)
      counts[event.item, default: 0] += 1
      seen.insert([event.user, event.item])
    }
    var test = RankedShare()
    for (event, rivals) in zip(positives.test, positives.rivals) { test.add(ahead: ahead(event, rivals)) }
    return Outcome(progressive: (progressive.hitRate, progressive.ndcg), test: (test.hitRate, test.ndcg))
  }
}
