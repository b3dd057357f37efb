import AttentionalFM
import FeatureEncoding
import Features
import YAML

/// How `learning.step` is written.
private enum StepReading: String, CaseIterable {
  case automatic
  case explicit
  case implicit
}

/// Reads the `learning` section; the model itself says which numbers are impossible.
enum LearningReading {
  /// Nil only where a problem was found.
  static func read(
    _ section: YAMLSection, schema: Schema, format: RecordFormat, _ document: YAMLNode, isLayoutSound: Bool
  ) -> ModelConfiguration? {
    // An impossible schema has been reported; the rest is still worth checking, with a layout that is possible.
    let layout = isLayoutSound ? schema.layout : FieldLayout(names: ["any"])
    let standard = ModelConfiguration(layout: layout)
    let model = ModelConfiguration(
      layout: layout,
      kind: section.choice("kind", default: standard.kind),
      embeddingSize: section.integer("embedding_size", default: standard.embeddingSize, in: 1...1024),
      attentionSize: section.integer("attention_size", default: standard.attentionSize, in: 1...1024),
      attentionScale: section.choice("attention_scale", default: standard.attentionScale),
      loss: section.choice("loss", default: standard.loss),
      fieldPairPrior: section.boolean("field_pair_prior", default: standard.fieldPairPrior),
      fieldPairWeights: section.boolean("field_pair_weights", default: standard.fieldPairWeights),
      outputWeights: section.choice("output_weights", default: standard.outputWeights),
      seed: section.unsigned("seed", default: standard.seed),
      embeddingScale: float(section, "embedding_scale", standard.embeddingScale),
      attentionInitialScale: float(section, "attention_initial_scale", standard.attentionInitialScale),
      rates: section.section("rates", rates),
      step: step(section),
      initialAccumulator: float(section, "initial_accumulator", standard.initialAccumulator),
      epsilon: float(section, "epsilon", standard.epsilon),
      regularization: section.section("regularization", regularization),
      dropout: float(section, "dropout", standard.dropout),
      tableSlots: section.section("table") {
        $0.integer("slots", default: standard.tableSlots, in: 8...(1 << 34))
      },
      maximumFeatures: schema.limits.maximumFeatures, maximumPairs: schema.limits.maximumPairs,
      calibration: section.section("calibration", CalibrationReading.read),
      forgetting: section.section("forgetting") { ForgettingReading.read($0, schema: schema, format: format) })
    let problems = model.problems
    for problem in problems { report(problem, document, section.findings) }
    return problems.isEmpty && isLayoutSound ? model : nil
  }

  /// Nil where it goes by the loss.
  private static func step(_ section: YAMLSection) -> ModelConfiguration.Step? {
    ModelConfiguration.Step(rawValue: section.choice("step", default: StepReading.automatic).rawValue)
  }

  private static func rates(_ section: YAMLSection) -> LearningRates {
    let standard = LearningRates()
    return LearningRates(
      bias: float(section, "bias", standard.bias),
      linear: float(section, "linear", standard.linear),
      embedding: float(section, "embedding", standard.embedding),
      attention: float(section, "attention", standard.attention),
      output: float(section, "output", standard.output),
      fieldPairs: float(section, "field_pairs", standard.fieldPairs),
      fieldPairWeights: float(section, "field_pair_weights", standard.fieldPairWeights))
  }

  private static func regularization(_ section: YAMLSection) -> Regularization {
    let standard = Regularization()
    return Regularization(
      projection: float(section, "projection", standard.projection),
      linear: float(section, "linear", standard.linear),
      embedding: float(section, "embedding", standard.embedding))
  }

  /// The decimal text of the default, not its value in binary, is what the file says.
  static func float(_ section: YAMLSection, _ key: String, _ standard: Float) -> Float {
    let standard = Double(standard.description) ?? Double(standard)
    return Float(section.number(key, default: standard, "in the range of a 32-bit float") { Float($0).isFinite })
  }

  private static func report(_ problem: ModelProblem, _ document: YAMLNode, _ findings: YAMLFindings) {
    guard case .impossible(let setting, let value, let allowed) = problem else {
      findings.add("`learning`: \(problem.description)", at: document.mark(at: "learning"))
      return
    }
    let path =
      switch setting {
      case "layout": "schema.features"
      case "maximumFeatures": "schema.limits.features"
      case "maximumPairs": "schema.limits.pairs"
      case "tableSlots": "learning.table.slots"
      case "forgetting.scope": "learning.forgetting.applies_to"
      default: "learning." + SettingNames.key(setting)
      }
    findings.add("`\(path)` is \(value); it must be \(allowed)", at: document.mark(at: path))
  }
}
