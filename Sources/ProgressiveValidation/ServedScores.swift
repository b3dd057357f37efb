import AttentionalFM

/// What progressive validation says of the scores that were served, over the events that carry one.
public struct ServedSummary: Codable, Equatable, Sendable {
  /// How many events carried a served score.
  public var events: UInt64

  /// The mean log loss in nats of the served scores, or their root mean squared error; nil before the first weight.
  public var loss: Double?

  /// The loss of the model's own predictions of the same events.
  public var modelLoss: Double?
}

/// The weighted sums over the events that carry a served score.
struct ServedSums: WeightedSums {
  var events: UInt64 = 0
  var weight = 0.0
  var loss = 0.0
  var modelLoss = 0.0

  mutating func add(served: Double, model scored: ScoredEvent) {
    events &+= 1
    weight += scored.importance
    loss += scored.importance * served
    modelLoss += scored.importance * scored.loss
  }

  func summary(of kind: Loss) -> ServedSummary? {
    guard events > 0 else { return nil }
    func mean(_ sum: Double) -> Double? {
      guard weight > 0 else { return nil }
      return kind.isSquaredError ? (sum / weight).squareRoot() : sum / weight
    }
    return ServedSummary(events: events, loss: mean(loss), modelLoss: mean(modelLoss))
  }

  var numbers: [Double] { [weight, loss, modelLoss] }

  static let numberCount = 3

  init() {}

  init(events: UInt64, numbers: [Double]) {
    self.events = events
    weight = numbers[0]
    loss = numbers[1]
    modelLoss = numbers[2]
  }
}

/// Served scores over the whole run, the open window and the last one that ended.
typealias ServedScores = RunAndWindow<ServedSums>

extension RunAndWindow<ServedSums> {
  /// Adds an event's served score, a finite raw one.
  mutating func add(_ raw: Float, of event: ScoredEvent, label: Float, loss kind: Loss) {
    let served = ScoredEvent(
      loss: kind, raw: raw, label: label, importance: 1, known: 0, unknown: 0, entropy: .nan, tail: kind.tail(raw: raw))
    run.add(served: served.loss, model: event)
    window.add(served: served.loss, model: event)
  }
}
