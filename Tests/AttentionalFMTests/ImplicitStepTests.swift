import Features
import Testing

@testable import AttentionalFM

@Suite("The implicit step") struct ImplicitStepTests {
  /// The gradient where `y' = y - D dL/dy'` leads to, by bisection in Double.
  private static func solved(
    _ loss: Loss, raw: Float, label: Float, importance: Float, gain: Double
  ) -> (gradient: Double, raw: Double) {
    let t = Double(loss.target(label))
    func slope(_ y: Double) -> Double {
      // Without cancellation where the score is right.
      let logistic = (1 - t) * PortableMath.sigmoid(y) - t * PortableMath.sigmoid(-y)
      return Double(importance) * (loss == .logistic ? logistic : 2 * (y - t))
    }
    let y = Double(raw)
    var (low, high) = (min(y, y - gain * slope(y)), max(y, y - gain * slope(y)))
    for _ in 0..<200 {
      let middle = low + (high - low) / 2
      if middle - y + gain * slope(middle) > 0 { high = middle } else { low = middle }
    }
    return (slope(low + (high - low) / 2), low + (high - low) / 2)
  }

  @Test("takes the gradient where it leads to", arguments: [Loss.logistic, .squared, .squaredHinge])
  func root(loss: Loss) {
    for n in 0..<2000 {
      func drawn(_ stream: UInt64, _ scale: Float) -> Float {
        Draws.normal(Draws.bits(seed: 3, stream: stream, index: UInt64(n)), scale: scale)
      }
      let raw = drawn(1, [0.1, 2, 30][n % 3])
      let label: Float = n % 5 == 0 ? 0.25 : n % 2 == 0 ? 1 : 0
      let importance: Float = n % 7 == 0 ? 20 : 1
      let gain = Double(abs(drawn(2, 1))) * [1e-6, 0.1, 3, 1000][n % 4]
      let gradient = loss.gradient(raw: raw, label: label, importance: importance)
      if gradient == 0 { continue }
      let scale = loss.implicitScale(
        gradient: gradient, raw: raw, label: label, importance: importance, tail: loss.tail(raw: raw),
        stepSum: gain * Double(gradient) * Double(gradient))
      let expected = Self.solved(loss, raw: raw, label: label, importance: importance, gain: gain).gradient
      let found = Double(scale) * Double(gradient)
      #expect(
        abs(found - expected) <= 1e-5 * abs(expected) + 1e-7 * abs(Double(gradient)),
        "raw \(raw), label \(label), importance \(importance), gain \(gain): \(found) instead of \(expected)")
      #expect(scale >= 0 && scale <= 1)
    }
  }

  @Test("is none where there is no gain, or none that is finite")
  func noGain() {
    for sum in [0, .nan, .infinity, -1] as [Double] {
      let scale = Loss.squared.implicitScale(
        gradient: 2, raw: 1, label: 0, importance: 1, tail: 0, stepSum: sum)
      #expect(scale == 1)
    }
  }

  /// Of the parameters that count, the sums grow by the square of the scaled gradient; the network's too.
  @Test("scales every gradient of the event alike", arguments: 0..<40)
  func gradients(number: Int) throws {
    var configuration = BruteForceTests.configuration(number)
    configuration.step = .implicit
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    for n in 0..<6 {
      learner.learn(
        TestEvent(features: BruteForceTests.features(8, number * 100 + n), label: Float(n % 2), importance: 1))
    }
    let event = TestEvent(
      features: BruteForceTests.features([0, 1, 2, 5, 8][number % 5], number), label: Float(number % 2),
      importance: number % 7 == 0 ? 0.001 : 1.5)
    let hashes = event.features.map(\.hash)
    let k = configuration.effectiveEmbeddingSize
    let kept = (0..<k).map { d -> Double in
      guard configuration.dropout > 0 else { return 1 }
      let keeps = Draws.keeps(
        seed: configuration.seed, eventNumber: model.eventsLearned, coordinate: d, dropout: configuration.dropout)
      return keeps ? Double(1 / (1 - configuration.dropout)) : 0
    }
    var brute = BruteForce(model, rows: hashes)
    brute.configuration.regularization = Regularization(embedding: 0)
    let gradient = brute.gradient(
      event.features, label: Double(event.label), importance: Double(event.importance), kept: kept)
    let before = Sums(model, rows: hashes)
    let y = brute.raw(event.features, kept: kept)
    let slope = Double(
      configuration.loss.gradient(raw: Float(y), label: event.label, importance: event.importance))
    // The network does not count: it stands between p and what is learned for pairs of fields.
    let fields = configuration.layout.count * (configuration.layout.count + 1) / 2
    let network =
      1 + hashes.count * (k + 1) + k..<gradient.count
      - (configuration.weighsFieldPairs ? fields : 0)
      - (configuration.effectiveAttentionSize > 0 && configuration.fieldPairPrior ? fields : 0)
    var gain = 0.0
    for n in gradient.indices where !network.contains(n) && slope != 0 {
      gain +=
        Double(before.rates[n]) * gradient[n] * gradient[n]
        / (before.all[n] + gradient[n] * gradient[n]).squareRoot() / (slope * slope)
    }
    let solved = Self.solved(
      configuration.loss, raw: Float(y), label: event.label, importance: event.importance, gain: gain)
    let scale = slope == 0 ? 1 : solved.gradient / slope

    learner.learn(event)
    let after = Sums(model, rows: hashes)
    let penalty = configuration.regularization
    for n in gradient.indices {
      var lambda = 0.0
      if n > 0, n < 1 + hashes.count * (k + 1) {
        lambda = Double((n - 1) % (k + 1) == 0 ? penalty.linear : penalty.embedding)
      } else if n >= network.lowerBound, n < network.lowerBound + configuration.effectiveAttentionSize * k {
        lambda = Double(penalty.projection)
      }
      let expected = scale * gradient[n] + 2 * lambda * brute.parameters[n]
      let squared = expected * expected
      #expect(
        abs(after.all[n] - before.all[n] - squared) <= 2e-3 * squared + 2e-6 * max(1, after.all[n]),
        "parameter \(n), gradient \(expected), configuration \(number)")
    }
  }

  @Test("ends nearer to the label of squared loss than an explicit one that overshoots")
  func nearerToTheLabel() throws {
    func distance(_ step: ModelConfiguration.Step) throws -> Float {
      var configuration = ModelConfiguration.test(k: 64, t: 16)
      configuration.loss = .squared
      configuration.step = step
      configuration.embeddingScale = 1
      configuration.rates.embedding = 0.5
      let learner = OnlineLearner(try Model(configuration: configuration))
      let event = TestEvent(
        features: (0..<5).map { Feature(hash: Draws.mixed(UInt64($0) + 1), value: 1, field: UInt16($0)) }, label: 1,
        importance: 1)
      learner.learn(event)
      return abs(learner.learn(event).prediction.raw - 1)
    }
    let explicit = try distance(.explicit)
    let implicit = try distance(.implicit)
    #expect(implicit < explicit, "\(implicit) and \(explicit)")
  }
}
