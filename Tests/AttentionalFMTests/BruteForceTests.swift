import Features
import Testing

@testable import AttentionalFM

@Suite("Brute force") struct BruteForceTests {

  static func configuration(_ number: Int) -> ModelConfiguration {
    func drawn(_ n: Int, below bound: UInt64) -> Int {
      Int(Draws.bits(seed: 77, stream: UInt64(number), index: UInt64(n)) % bound)
    }
    let fields = (0..<4).map { "f\($0)" }
    var configuration = ModelConfiguration(
      layout: FieldLayout(names: fields, formsPairsWithinItself: fields.indices.map { drawn($0, below: 2) == 0 }),
      kind: ModelConfiguration.Kind.allCases[number % 3], embeddingSize: 1 + drawn(10, below: 19),
      attentionSize: 1 + drawn(11, below: 19), attentionScale: drawn(12, below: 2) == 0 ? .pairs : .paper,
      loss: drawn(13, below: 2) == 0 ? .squared : .logistic, fieldPairPrior: drawn(14, below: 2) == 0,
      fieldPairWeights: drawn(18, below: 2) == 0, seed: UInt64(number), embeddingScale: 0.7, attentionInitialScale: 0.7,
      step: .explicit, initialAccumulator: 1,
      regularization: Regularization(projection: 0.02, linear: 0.03, embedding: 0.05),
      dropout: drawn(15, below: 2) == 0 ? 0.4 : 0, tableSlots: 64)
    configuration.maximumFeatures = 8
    if drawn(16, below: 3) == 0 { configuration.maximumPairs = 1 + drawn(17, below: 12) }
    return configuration
  }

  /// An event of `count` features, with one zero and one negative value; two of them share a field.
  static func features(_ count: Int, _ number: Int) -> [Feature] {
    (0..<count).map { n in
      let bits = Draws.bits(seed: 5, stream: UInt64(number), index: UInt64(n))
      let value: Float = n == 2 ? 0 : Draws.normal(bits, scale: 1)
      return Feature(hash: Draws.mixed(UInt64(n) &+ 1), value: value, field: UInt16(bits % 4))
    }
  }

  @Test("gives the same score and the same gradient of every parameter", arguments: 0..<60)
  func gradients(number: Int) throws {
    let configuration = Self.configuration(number)
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    // A few events move everything away from its start, all features become known.
    for n in 0..<6 {
      learner.learn(TestEvent(features: Self.features(8, number * 100 + n), label: Float(n % 2), importance: 1))
    }
    let event = TestEvent(
      features: Self.features([0, 1, 2, 5, 8][number % 5], number), label: Float(number % 2),
      importance: number % 7 == 0 ? 0.001 : 1.5)
    let hashes = event.features.map(\.hash)
    let k = configuration.effectiveEmbeddingSize
    let brute = BruteForce(model, rows: hashes)
    let kept = (0..<k).map { d -> Double in
      guard configuration.dropout > 0 else { return 1 }
      let keeps = Draws.keeps(
        seed: configuration.seed, eventNumber: model.eventsLearned, coordinate: d, dropout: configuration.dropout)
      return keeps ? Double(1 / (1 - configuration.dropout)) : 0
    }
    let expected = brute.gradient(
      event.features, label: Double(event.label), importance: Double(event.importance), kept: kept)
    let before = Sums(model, rows: hashes)

    let prediction = learner.learn(event).prediction
    let score = brute.raw(event.features, kept: Array(repeating: 1, count: k))
    #expect(abs(Double(prediction.raw) - score) <= 1e-5 * max(1, abs(score)))
    #expect(prediction.pairs == brute.pairs(event.features).count)

    // Every sum grew by the square of its gradient, and every parameter moved against it.
    let after = Sums(model, rows: hashes)
    let moved = BruteForce(model, rows: hashes)
    #expect(after.all.count == expected.count)
    for n in expected.indices {
      let squared = expected[n] * expected[n]
      #expect(
        abs(after.all[n] - before.all[n] - squared) <= 1e-3 * squared + 2e-6 * max(1, after.all[n]),
        "parameter \(n), gradient \(expected[n]), configuration \(number)")
      let step = moved.parameters[n] - brute.parameters[n]
      let rate = Double(after.rates[n])
      let wanted = -rate * expected[n] / after.all[n].squareRoot()
      #expect(
        abs(step - wanted) <= 1e-3 * abs(wanted) + 2e-6 * max(1, abs(brute.parameters[n])),
        "parameter \(n), step \(step) instead of \(wanted), configuration \(number)")
    }
  }
}

/// The Adagrad sums and rates in the order of `BruteForce.parameters`.
struct Sums {
  var all: [Double] = []
  var rates: [Float] = []

  init(_ model: Model, rows hashes: [UInt64]) {
    let rate = model.configuration.rates
    let k = model.configuration.effectiveEmbeddingSize
    let table = model.table.allRows
    var tensors: [String: [Float]] = [:]
    for tensor in model.denseTensors { tensors[tensor.name] = tensor.accumulators }
    func append(_ sums: some Sequence<Float>, _ rate: Float) {
      for sum in sums {
        all.append(Double(sum))
        rates.append(rate)
      }
    }
    append(tensors["bias"] ?? [], rate.bias)
    for hash in hashes {
      guard let n = table.hash.firstIndex(of: hash) else { continue }
      append([table.accumulator[n]], rate.linear)
      append(table.embeddingAccumulator[(n * k)..<((n + 1) * k)], rate.embedding)
    }
    append(tensors["output"] ?? [], rate.output)
    for name in ["attention.projection", "attention.bias", "attention.output"] {
      append(tensors[name] ?? [], rate.attention)
    }
    append(tensors["fieldPairs"] ?? [], rate.fieldPairs)
    append(tensors["fieldPairWeights"] ?? [], rate.fieldPairWeights)
  }
}
