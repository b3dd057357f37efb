import AttentionalFM
import BenchmarkSupport
import Configuration
import FeatureEncoding
import Features
import NegativeSampling

// Unsafe memory: lines and features are viewed in this object's own arrays, during one call.

/// One pass over the training file with the negatives that are in it, learned as the daemon learns it; every positive is
/// ranked before it is learned among the very candidates that the daemon draws, and test positives afterwards.
final class SampledBeforePass {
  private let frappe: Frappe
  private let positives: Positives
  private let decoder: EventDecoder
  private let learner: OnlineLearner
  private let replacement: FeatureReplacement
  private var sampler: NegativeSampler
  private var features: [Feature] = []
  private var values: [Feature] = []
  private var candidate: [Feature] = []

  init(_ frappe: Frappe, _ positives: Positives, _ settings: [Setting], crosses: [[String]], seed: UInt64) throws {
    (self.frappe, self.positives) = (frappe, positives)
    let fixed = [Setting(key: "table.slots", value: "524288"), Setting(key: "seed", value: String(seed))]
    let settings = try DaemonSettings.read(
      text: """
        source: {kind: file, format: libfm, file: {path: /nowhere}}
        schema: \(Positives.schema(crosses))
        learning: \(Setting.mapping(fixed + settings))
        """)
    decoder = try EventDecoder(settings.schema, format: .libfm)
    learner = OnlineLearner(try Model(configuration: settings.model))
    replacement = FeatureReplacement(settings.schema, replacing: ["item", "cost"])
    sampler = NegativeSampler(SamplingSettings(), seed: seed)
  }

  func run() throws -> Outcome {
    var progressive = RankedShare()
    var number: UInt64 = 0
    try frappe.training.bytes.withUnsafeBytes { bytes in
      for line in frappe.training.lines {
        features.removeAll(keepingCapacity: true)
        let event = try decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[line]), into: &features)
        if event.label > 0 {
          let (value, user) = (features[1].hash, features[0].hash)
          sampler.draw(Positives.candidates, beside: value, user: user, eventNumber: number, for: .ranking)
          if sampler.drawn.count == Positives.candidates {
            progressive.add(ahead: ahead(sampler.drawn.map { sampler.features(at: $0) }))
          }
          features.withUnsafeBufferPointer { replacement.collect($0, into: &values) }
          sampler.note(value, values, user: user)
          number += 1
        }
        features.withUnsafeBufferPointer { _ = learner.learn($0, label: event.label) }
      }
    }
    var test = RankedShare()
    for (event, rivals) in zip(positives.test, positives.rivals) {
      features.removeAll(keepingCapacity: true)
      _ = try decoder.decode(event.line, into: &features)
      test.add(
        ahead: ahead(
          rivals.map { item in
            [
              Feature(hash: FeatureHash.categorical(field: "item", text: "\(item)", seed: 0), value: 1, field: 1),
              Feature(
                hash: FeatureHash.categorical(field: "cost", text: "\(positives.costs[item] ?? 0)", seed: 0), value: 1,
                field: 6),
            ]
          }))
    }
    return Outcome(progressive: (progressive.hitRate, progressive.ndcg), test: (test.hitRate, test.ndcg))
  }

  /// How many of the values make an event of at least the score of the one at hand.
  private func ahead(_ rivals: [[Feature]]) -> Int {
    features.withUnsafeBufferPointer { event in
      let own = learner.predict(event).raw
      return rivals.count { values in
        candidate.removeAll(keepingCapacity: true)
        replacement.replace(in: event, by: values, into: &candidate)
        return candidate.withUnsafeBufferPointer { learner.predict($0).raw } >= own
      }
    }
  }
}
