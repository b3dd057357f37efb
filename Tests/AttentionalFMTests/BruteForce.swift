import Features

@testable import AttentionalFM

/// The formulas of `Docs/Model.md` written out in Double, naively, over a flat list of parameters: nothing of it is
/// shared with the model it checks.
struct BruteForce {
  /// `w0`, then of every row `w` and `v`, then `p`, `W`, `b`, `h`, `r` and `m`.
  var parameters: [Double]
  var configuration: ModelConfiguration
  let k: Int
  let t: Int
  /// Of every feature of the event, the hash.
  let rows: [UInt64]

  init(_ model: Model, rows hashes: [UInt64]) {
    configuration = model.configuration
    k = configuration.effectiveEmbeddingSize
    t = configuration.effectiveAttentionSize
    rows = hashes
    let table = model.table.allRows
    var tensors: [String: [Float]] = [:]
    for tensor in model.denseTensors { tensors[tensor.name] = tensor.values }
    var all = tensors["bias"] ?? []
    for hash in hashes {
      guard let n = table.hash.firstIndex(of: hash) else { continue }
      all.append(table.weight[n])
      all += table.embedding[(n * k)..<((n + 1) * k)]
    }
    for name in Self.names { all += tensors[name] ?? [] }
    parameters = all.map(Double.init)
  }

  private static let names = [
    "output", "attention.projection", "attention.bias", "attention.output", "fieldPairs", "fieldPairWeights",
  ]

  /// The pairs of an event of known features, at most as many as the configuration allows.
  func pairs(_ features: [Feature]) -> [(Int, Int)] {
    guard k > 0 else { return [] }
    let all = features.indices.flatMap { i in features.indices.filter { $0 > i }.map { (i, $0) } }
    let formed = all.filter { i, j in
      features[i].field != features[j].field
        || configuration.layout.formsPairsWithinItself[Int(features[i].field)]
    }
    return Array(formed.prefix(configuration.maximumPairs))
  }

  /// The raw score; `kept` is what dropout multiplies the pooled vector by.
  func raw(_ features: [Feature], kept: [Double]) -> Double {
    let output = 1 + rows.count * (k + 1)
    let projection = output + k
    let bias = projection + t * k
    let head = bias + t
    let prior = head + t
    let fields = configuration.layout.count
    let weights = prior + (t > 0 && configuration.fieldPairPrior ? fields * (fields + 1) / 2 : 0)
    func fieldPair(_ pair: (Int, Int)) -> Int {
      let a = Int(features[pair.0].field)
      let b = Int(features[pair.1].field)
      return max(a, b) * (max(a, b) + 1) / 2 + min(a, b)
    }
    func v(_ i: Int, _ d: Int) -> Double { parameters[1 + i * (k + 1) + 1 + d] }
    var y = parameters[0]
    for (i, feature) in features.enumerated() { y += parameters[1 + i * (k + 1)] * Double(feature.value) }
    let pairs = pairs(features)
    if pairs.isEmpty { return y }
    let products = pairs.map { i, j in
      (0..<k).map { v(i, $0) * v(j, $0) * Double(features[i].value) * Double(features[j].value) }
    }
    var scaled = pairs.map { _ in 1.0 }
    if t > 0 {
      let exponentials = zip(pairs, products).map { pair, z -> Double in
        var score = 0.0
        for l in 0..<t {
          var u = parameters[bias + l]
          for d in 0..<k { u += parameters[projection + l * k + d] * z[d] }
          score += parameters[head + l] * max(0, u)
        }
        if configuration.fieldPairPrior { score += parameters[prior + fieldPair(pair)] }
        return PortableMath.exp(score)
      }
      let sum = exponentials.reduce(0, +)
      let scale = configuration.attentionScale == .pairs ? Double(pairs.count) : 1
      scaled = exponentials.map { $0 / sum * scale }
    }
    if configuration.fieldPairWeights {
      for n in pairs.indices { scaled[n] *= parameters[weights + fieldPair(pairs[n])] }
    }
    for d in 0..<k {
      var pooled = 0.0
      for n in pairs.indices { pooled += scaled[n] * products[n][d] }
      y += parameters[output + d] * kept[d] * pooled
    }
    return y
  }

  /// What is minimised at an event: its loss times the importance, and the penalties.
  func objective(_ features: [Feature], label: Double, importance: Double, kept: [Double]) -> Double {
    let y = raw(features, kept: kept)
    let loss =
      configuration.loss == .squared ? (y - label) * (y - label) : PortableMath.log(1 + PortableMath.exp(y)) - label * y
    var penalty = 0.0
    for i in rows.indices {
      let start = 1 + i * (k + 1)
      penalty += Double(configuration.regularization.linear) * parameters[start] * parameters[start]
      for d in 0..<k {
        penalty +=
          Double(configuration.regularization.embedding) * parameters[start + 1 + d] * parameters[start + 1 + d]
      }
    }
    let projection = 1 + rows.count * (k + 1) + k
    for n in 0..<(t * k) {
      penalty +=
        Double(configuration.regularization.projection) * parameters[projection + n] * parameters[projection + n]
    }
    return importance * loss + penalty
  }

  /// The gradient by central differences.
  func gradient(_ features: [Feature], label: Double, importance: Double, kept: [Double]) -> [Double] {
    let step = 1e-7
    return parameters.indices.map { n in
      var moved = self
      moved.parameters[n] = parameters[n] + step
      let above = moved.objective(features, label: label, importance: importance, kept: kept)
      moved.parameters[n] = parameters[n] - step
      let below = moved.objective(features, label: label, importance: importance, kept: kept)
      return (above - below) / (2 * step)
    }
  }
}
