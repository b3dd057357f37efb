import Features
import Foundation
import TestSupport
import Testing

@testable import AttentionalFM

/// Every golden file, with every kernel this machine can run; `AFM_GOLDEN` names another directory to take them from.
@Suite("Golden numbers") struct GoldenTests {
  static var directory: URL {
    if let other = Environment.value(of: "AFM_GOLDEN") { return URL(fileURLWithPath: other, isDirectory: true) }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
  }

  @Test("Golden files agree within 1e-5", arguments: Kernels.available.map(\.name))
  func agreesWithGolden(kernel: String) throws {
    let kernels = try #require(Kernels(named: kernel))
    let files = try GoldenFile.files(in: Self.directory)
    try #require(!files.isEmpty, "no golden files in \(Self.directory.path)")
    for url in files {
      var run = try GoldenRun(GoldenFile(url), kernels: kernels)
      try run.learnAll()
      try run.compareFinal()
      print("golden: \(url.lastPathComponent) with \(kernel): \(run.compared) numbers, worst \(run.worst)")
      #expect(run.worst <= 1e-5, "\(url.lastPathComponent) with \(kernel): \(run.worstWhat)")
      #expect(run.compared > 100)
    }
  }
}

/// One golden file learned by a model, with the worst difference seen so far.
struct GoldenRun {
  let file: GoldenFile
  let model: Model
  let learner: OnlineLearner
  private(set) var compared = 0
  private(set) var worst = 0.0
  private(set) var worstWhat = ""

  init(_ file: GoldenFile, kernels: Kernels) throws {
    self.file = file
    let config = file.config
    let rate = config.learning_rate
    let configuration = ModelConfiguration(
      layout: FieldLayout(names: (0..<(config.fields ?? 1)).map { "f\($0)" }),
      kind: try #require(ModelConfiguration.Kind(rawValue: config.model)), embeddingSize: config.k,
      attentionSize: config.t,
      attentionScale: try #require(ModelConfiguration.AttentionScale(rawValue: config.attention_scale)),
      loss: config.loss == "squared" ? .squared : .logistic, fieldPairPrior: file.initial.r != nil,
      fieldPairWeights: false,
      rates: LearningRates(
        bias: rate, linear: rate, embedding: rate, attention: rate, output: rate,
        fieldPairs: config.learning_rate_field_pairs ?? 0),
      step: .explicit, initialAccumulator: config.initial_accumulator, epsilon: config.epsilon,
      regularization: Regularization(
        projection: config.lambda_W, linear: config.lambda_w, embedding: config.lambda_v),
      tableSlots: 8 * config.rows)
    model = try Model(configuration: configuration)
    learner = OnlineLearner(model, kernels: kernels)
    try load()
  }

  private func load() throws {
    let initial = file.initial
    let start = file.config.initial_accumulator
    func tensor(_ name: String, _ shape: [Int], _ values: [Double]) -> NamedTensor {
      NamedTensor(
        name: name, shape: shape, values: values.map(Float.init),
        accumulators: Array(repeating: start, count: values.count))
    }
    var tensors = [
      tensor("bias", [], [initial.w0]), tensor("output", [initial.p.count], initial.p),
      tensor("attention.projection", [initial.W.count, initial.p.count], initial.W.flatMap { $0 }),
      tensor("attention.bias", [initial.b.count], initial.b), tensor("attention.output", [initial.h.count], initial.h),
    ]
    if let r = initial.r {
      let triangle = r.indices.flatMap { high in (0...high).map { low in r[low][high] } }
      tensors.append(tensor("fieldPairs", [triangle.count], triangle))
    }
    try model.restore(dense: tensors, savedWith: model.configuration, eventsLearned: 0)
    let k = model.table.embeddingSize
    var segment = RowSegment(embeddingSize: k, tableSlots: 0)
    for row in initial.w.indices {
      segment.append(
        RowSegment.Row(
          slot: UInt64(row), hash: Self.hash(row), lastSeen: 0, weight: Float(initial.w[row]), accumulator: start,
          embedding: initial.v[row].prefix(k).map(Float.init),
          embeddingAccumulator: Array(repeating: start, count: k)))
    }
    try model.table.restore(segment)
  }

  private static func hash(_ row: Int) -> UInt64 { Draws.mixed(UInt64(row) &+ 1) }

  mutating func learnAll() throws {
    for (number, event) in file.events.enumerated() {
      let features = zip(event.rows, event.values).map { row, value in
        Feature(hash: Self.hash(row), value: value, field: UInt16(file.field_of_row?[row] ?? 0))
      }
      features.withUnsafeBufferPointer { buffer in
        let prediction = learner.predict(buffer)
        let explanation = learner.explain(buffer)
        compare("event \(number) prediction", Double(prediction.raw), event.prediction_before_update)
        let loss = model.configuration.loss.value(raw: prediction.raw, label: event.label) * Double(event.importance)
        compare("event \(number) loss", loss, event.loss)
        #expect(explanation.pairs.count == event.contribution.count)
        for (pair, expected) in zip(explanation.pairs, event.attention) {
          compare("event \(number) attention", Double(pair.attention), expected)
        }
        for (pair, expected) in zip(explanation.pairs, event.contribution) {
          compare("event \(number) contribution", pair.value, expected)
        }
        let outcome = learner.learn(buffer, label: event.label, importance: event.importance)
        #expect(outcome == .applied)
      }
    }
  }

  mutating func compareFinal() throws {
    try compareRows()
    let tensors = Dictionary(uniqueKeysWithValues: model.denseTensors.map { ($0.name, $0) })
    let expected = Self.flattened(file.final)
    let expectedSums = Self.flattened(file.final_accumulators)
    let initial = Self.flattened(file.initial)
    for (name, values) in expected {
      let sums = try #require(expectedSums[name])
      if let tensor = tensors[name] {
        #expect(tensor.values.count == values.count)
        compareAll(name, tensor.values.map(Double.init), values)
        compareAll(name + " accumulator", tensor.accumulators.map(Double.init), sums)
      } else {
        // A parameter that this kind of model does not have never moved in the golden run either.
        compareAll(name, try #require(initial[name]), values)
        compareAll(name + " accumulator", sums.map { _ in Double(file.config.initial_accumulator) }, sums)
      }
    }
  }

  private mutating func compareRows() throws {
    let k = model.table.embeddingSize
    var segment = RowSegment(embeddingSize: k)
    var next: UInt64 = 0
    model.table.copyRows(from: &next, maximum: .max, into: &segment)
    #expect(segment.count == file.config.rows)
    for row in 0..<file.config.rows {
      let saved = segment[try #require(segment.hash.firstIndex(of: Self.hash(row)))]
      compare("w[\(row)]", Double(saved.weight), file.final.w[row])
      compare("w[\(row)] accumulator", Double(saved.accumulator), file.final_accumulators.w[row])
      compareAll("v[\(row)]", saved.embedding.map(Double.init), file.final.v[row])
      compareAll(
        "v[\(row)] accumulator", saved.embeddingAccumulator.map(Double.init), file.final_accumulators.v[row])
      if k == 0 { compareAll("v[\(row)]", file.initial.v[row], file.final.v[row]) }
    }
  }

  private static func flattened(_ parameters: GoldenFile.Parameters) -> [String: [Double]] {
    var all = [
      "bias": [parameters.w0], "output": parameters.p, "attention.projection": parameters.W.flatMap { $0 },
      "attention.bias": parameters.b, "attention.output": parameters.h,
    ]
    if let r = parameters.r {
      all["fieldPairs"] = r.indices.flatMap { high in (0...high).map { low in r[low][high] } }
    }
    return all
  }

  private mutating func compareAll(_ what: String, _ values: [Double], _ expected: [Double]) {
    for (index, (value, number)) in zip(values, expected).enumerated() {
      compare("\(what)[\(index)]", value, number)
    }
  }

  private mutating func compare(_ what: String, _ value: Double, _ expected: Double) {
    compared += 1
    let difference = abs(value - expected) / max(1, abs(expected))
    if !(difference <= worst) {
      worst = difference.isNaN ? .infinity : difference
      worstWhat = "\(what): \(value) instead of \(expected)"
    }
  }
}
