import Foundation
import ProgressiveValidation

/// One recorded event of the tests.
struct TestEvent {
  var raw: Float
  var label: Float
  var importance: Float
  var known: Int
  var unknown: Int
  var entropy: Float
}

/// A small generator of test data; the same seed gives the same events.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Events of which many tie in their scores.
  mutating func events(_ count: Int, labels: [Float]) -> [TestEvent] {
    (0..<count).map { _ in
      let tied = Bool.random(using: &self)
      let raw = tied ? Float(Int.random(in: -3...3, using: &self)) : Float.random(in: -6...6, using: &self)
      return TestEvent(
        raw: raw,
        label: labels.randomElement(using: &self) ?? 0,
        importance: [0, 0.5, 1, 1, 2.25].randomElement(using: &self) ?? 1,
        known: Int.random(in: 0...10, using: &self),
        unknown: Int.random(in: 0...4, using: &self),
        entropy: Bool.random(using: &self) ? Float.random(in: 0...1, using: &self) : .nan)
    }
  }
}

/// The definitions of `Docs/Metrics.md`, written as plainly as they can be, with the system's mathematics.
enum Naive {
  static func probability(_ raw: Float) -> Double { 1 / (1 + Foundation.exp(-Double(raw))) }

  static func mean(_ events: [TestEvent], _ value: (TestEvent) -> Double) -> Double {
    events.reduce(0) { $0 + Double($1.importance) * value($1) } / events.reduce(0) { $0 + Double($1.importance) }
  }

  static func logLoss(_ events: [TestEvent]) -> Double {
    mean(events) { event in
      let p = probability(event.raw)
      return event.label > 0 ? -Foundation.log(p) : -Foundation.log(1 - p)
    }
  }

  static func normalizedEntropy(_ events: [TestEvent]) -> Double {
    let q = mean(events) { $0.label > 0 ? 1 : 0 }
    return logLoss(events) / -(q * Foundation.log(q) + (1 - q) * Foundation.log(1 - q))
  }

  static func auc(_ events: [TestEvent], score: (TestEvent) -> Float = { $0.raw }) -> Double {
    var won = 0.0
    var pairs = 0.0
    for positive in events where positive.label > 0 {
      for negative in events where negative.label <= 0 {
        let weight = Double(positive.importance) * Double(negative.importance)
        pairs += weight
        if score(positive) > score(negative) { won += weight }
        if score(positive) == score(negative) { won += weight / 2 }
      }
    }
    return won / pairs
  }
}

extension ProgressiveValidation {
  /// Records events of the tests.
  mutating func record(_ events: some Sequence<TestEvent>) {
    for event in events {
      record(
        raw: event.raw, label: event.label, importance: event.importance, known: event.known, unknown: event.unknown,
        entropy: event.entropy)
    }
  }
}
