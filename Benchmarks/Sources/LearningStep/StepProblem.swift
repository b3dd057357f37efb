import AttentionalFM
import BenchmarkSupport
import Features
import LiveModel
import ProgressiveValidation

/// A model that knows every feature of a stream, and the learner's loop over it as the daemon runs it.
final class StepProblem {
  private let stream: EventStream
  private let model: Model
  private let learner: OnlineLearner
  private let live: LiveModel
  private let scorer: Scorer
  private var progressive: ProgressiveValidation
  private var sum: Float = 0

  /// The dense parameters, in floats, and how many events share one publication of them.
  let denseCount: Int
  let eventsBetweenPublications: Double

  init(_ stream: EventStream, kind: ModelConfiguration.Kind, size: Int) throws {
    self.stream = stream
    let names = (0..<EventStream.fields).map { "field\($0)" }
    let configuration = ModelConfiguration(
      layout: FieldLayout(names: names), kind: kind, embeddingSize: size, attentionSize: size,
      tableSlots: EventStream.tableSlots)
    model = try Model(configuration: configuration)
    learner = OnlineLearner(model)
    live = try LiveModel(model)
    scorer = Scorer(live)
    progressive = ProgressiveValidation(loss: .logistic, windowSize: 10_000)
    denseCount = model.denseTensors.reduce(0) { $0 + ($1.values.count + 15) / 16 * 16 }
    eventsBetweenPublications = Double(live.eventsBetweenPublications)
    stream.everyFeature.withUnsafeBufferPointer { features in
      for start in stride(from: 0, to: features.count, by: EventStream.fields) {
        learner.learn(UnsafeBufferPointer(rebasing: features[start..<start + EventStream.fields]), label: 0)
      }
    }
  }

  /// The share of the features given that gave way to others.
  var evictedShare: Double { Double(model.table.counters.evicted) / Double(stream.everyFeature.count) }

  var bytesPerSlot: Double { Double(model.table.bytes) / Double(model.table.slotCount) }

  /// The whole step: predict, learn, publish, record.
  func learn() {
    stream.features.withUnsafeBufferPointer { features in
      learner.prefetch(Self.features(of: 0, features))
      learner.prefetch(Self.features(of: 1, features))
      for event in 0..<stream.count {
        if event + 2 < stream.count { learner.prefetch(Self.features(of: event + 2, features)) }
        let step = learner.step(Self.features(of: event, features), label: stream.labels[event])
        let prediction = step.prediction
        progressive.record(
          raw: prediction.raw, label: stream.labels[event], importance: 1, known: prediction.known,
          unknown: prediction.unknown, entropy: prediction.pairs > 1 ? prediction.attentionEntropy : .nan,
          tail: step.tail)
        live.publishDense(of: model, isIdle: false)
      }
    }
  }

  /// The step's part up to the prediction.
  func predict() {
    stream.features.withUnsafeBufferPointer { features in
      for event in 0..<stream.count { sum += learner.predict(Self.features(of: event, features)).raw }
    }
  }

  /// What the metrics do with a prediction.
  func record() {
    for event in 0..<stream.count {
      let raw = Float(event & 1023) / 256 - 2
      progressive.record(raw: raw, label: stream.labels[event], importance: 1, known: 10, unknown: 0, entropy: 0.75)
    }
  }

  /// What a scorer does, each event a request of its own.
  func score() {
    stream.features.withUnsafeBufferPointer { features in
      for event in 0..<stream.count {
        scorer.beginRequest()
        sum += scorer.score(Self.features(of: event, features)).raw
      }
    }
  }

  @inline(__always)
  private static func features(
    of event: Int, _ all: UnsafeBufferPointer<Feature>
  ) -> UnsafeBufferPointer<Feature> {
    UnsafeBufferPointer(rebasing: all[event * EventStream.fields..<(event + 1) * EventStream.fields])
  }
}
