import AttentionalFM
import BenchmarkSupport
import Features
import LiveModel
import ProgressiveValidation

/// The whole learning step of events of so many features: predict, record, differentiate, move, publish.
final class GrowingSteps {
  /// Nanoseconds of processor time that one size and number of features are measured for.
  private static let budget: UInt64 = 200_000_000
  private static let events = 64

  private let count: Int
  private let operations: Double
  private let features: [Feature]
  private let model: Model
  private let learner: OnlineLearner
  private let live: LiveModel
  private var progressive = ProgressiveValidation(loss: .logistic, windowSize: 10_000)
  private var next = 0

  init(features count: Int, size: Int) throws {
    self.count = count
    let pairs = count * (count - 1) / 2
    operations = Double(pairs) * Double(size) * (6 * Double(size) + 18)
    var configuration = ModelConfiguration(
      layout: FieldLayout(names: (0..<count).map { "field\($0)" }), embeddingSize: size, attentionSize: size,
      tableSlots: 1 << 14)
    configuration.maximumFeatures = max(count, configuration.maximumFeatures)
    configuration.maximumPairs = max(pairs, configuration.maximumPairs)
    model = try Model(configuration: configuration)
    learner = OnlineLearner(model)
    live = try LiveModel(model)
    features = (0..<Self.events).flatMap { event in
      (0..<count).map { field in
        let value = Draws.bits(seed: 3, stream: UInt64(event), index: UInt64(field)) % 50
        let hash = Draws.bits(seed: 5, stream: UInt64(field), index: value)
        return Feature(hash: hash, value: 1, field: UInt16(field))
      }
    }
    // The first pass claims the rows.
    for _ in 0..<Self.events { learn() }
  }

  /// The least time of an event in any round of about half a millisecond, and how many times what its arithmetic takes
  /// at the peak, the median of all rounds.
  func measure() -> (microseconds: Double, timesFloor: Double) {
    let start = Clock.threadCPU
    learn()
    let perRound = max(1, Int(500_000 / max(1, Clock.threadCPU - start)))
    var least = Double.infinity
    var timesFloor: [Double] = []
    while Clock.threadCPU - start < Self.budget || timesFloor.count < 9 {
      let peak = Reference.measurePeak(rounds: 1)
      let begin = Clock.threadCPU
      for _ in 0..<perRound { learn() }
      let nanoseconds = Double(Clock.threadCPU - begin) / Double(perRound)
      least = min(least, nanoseconds)
      timesFloor.append(nanoseconds * peak / operations)
    }
    return (least / 1000, Numbers.median(timesFloor))
  }

  private func learn() {
    let label: Float = next % 3 == 0 ? 1 : 0
    features.withUnsafeBufferPointer { features in
      let step = learner.step(
        UnsafeBufferPointer(rebasing: features[next * count..<(next + 1) * count]), label: label)
      let prediction = step.prediction
      progressive.record(
        raw: prediction.raw, label: label, importance: 1, known: prediction.known, unknown: prediction.unknown,
        entropy: prediction.attentionEntropy)
    }
    live.publishDense(of: model, isIdle: false)
    next = (next + 1) % Self.events
  }
}
