import AttentionalFM
import BenchmarkSupport
import Configuration
import FeatureEncoding
import Features
import JSONReading
import LiveModel
import ProgressiveValidation

/// One model and everything an event passes on its way, on one thread.
final class Pass {
  private static let batch = 512

  private let flights: Flights
  private let decoder: EventDecoder
  private let reader = JSONReader()
  private let model: Model
  private let learner: OnlineLearner
  private let live: LiveModel
  private let scorer: Scorer
  private var progressive: ProgressiveValidation
  private var features: [Feature] = []
  private var events: [DecodedEvent] = []
  private var predictions: [Prediction] = []
  private var instances: [Range<Int>] = []
  private var sumOfScores: Float = 0

  init(_ flights: Flights, kind: String) throws {
    self.flights = flights
    let settings = try DaemonSettings.read(
      text: FlightsSettings.text(folder: "/nowhere", flights: "/nowhere/flights.ndjson", kind: kind))
    decoder = try EventDecoder(settings.schema)
    model = try Model(configuration: settings.model)
    learner = OnlineLearner(model)
    live = try LiveModel(model)
    scorer = Scorer(live)
    progressive = ProgressiveValidation(
      loss: settings.model.loss, windowSize: settings.progressiveValidation.windowSize)
  }

  /// Takes all flights the whole way once, in batches as the daemon does.
  func run() throws -> [Stage] {
    var decode = Stage("decode and hash a record")
    var learn = Stage("predict, learn, publish")
    var record = Stage("record the prediction")
    var encode = Stage("decode and hash an instance")
    var score = Stage("gather and score it")
    for start in stride(from: 0, to: flights.lines.count, by: Self.batch) {
      let lines = flights.lines[start..<min(start + Self.batch, flights.lines.count)]
      try decode.measure(lines.count) { try decodeRecords(lines) }
      learn.measure(lines.count) { learnEvents() }
      record.measure(lines.count) { recordPredictions() }
      try encode.measure(lines.count) { try encodeInstances(lines) }
      score.measure(lines.count) { scoreInstances() }
    }
    return [decode, learn, record, encode, score]
  }

  private func decodeRecords(_ lines: ArraySlice<Range<Int>>) throws {
    features.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
    try flights.bytes.withUnsafeBytes { bytes in
      for line in lines {
        events.append(try decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[line]), into: &features))
      }
    }
  }

  private func learnEvents() {
    predictions.removeAll(keepingCapacity: true)
    features.withUnsafeBufferPointer { features in
      for event in events {
        let step = learner.step(
          UnsafeBufferPointer(rebasing: features[event.features]), label: event.label, importance: event.importance)
        live.publishDense(of: model, isIdle: false)
        predictions.append(step.prediction)
      }
    }
  }

  private func recordPredictions() {
    for (event, prediction) in zip(events, predictions) {
      _ = progressive.record(
        raw: prediction.raw, label: event.label, importance: event.importance, known: prediction.known,
        unknown: prediction.unknown, entropy: prediction.pairs > 1 ? prediction.attentionEntropy : .nan)
    }
  }

  private func encodeInstances(_ lines: ArraySlice<Range<Int>>) throws {
    features.removeAll(keepingCapacity: true)
    instances.removeAll(keepingCapacity: true)
    try flights.bytes.withUnsafeBytes { bytes in
      for line in lines {
        let instance = try reader.parse(UnsafeRawBufferPointer(rebasing: bytes[line]))
        instances.append(try decoder.encode(instance, into: &features))
      }
    }
  }

  private func scoreInstances() {
    features.withUnsafeBufferPointer { features in
      for instance in instances {
        scorer.beginRequest()
        sumOfScores += scorer.score(UnsafeBufferPointer(rebasing: features[instance])).raw
      }
    }
  }
}
