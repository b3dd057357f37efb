import AttentionalFM
import FeatureEncoding
import Observability
import YAML

extension DaemonSettings {
  /// Reads and checks a settings file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - environment: what `${NAME}` may name.
  /// - Throws: every problem of the file in one error.
  public static func load(path: String, environment: [String: String]) throws(ConfigurationProblems)
    -> DaemonSettings
  {
    let bytes: [UInt8]
    do {
      bytes = try SmallFile.read(path, limit: YAMLNode.maximumBytes)
    } catch {
      let problem = YAMLProblem(error.message, at: YAMLMark(line: 1, column: 1))
      throw ConfigurationProblems(file: path, problems: [problem])
    }
    return try read(bytes: bytes, file: path, environment: environment)
  }

  /// Reads and checks the text of a settings file; `file` is for messages.
  public static func read(text: String, file: String = "afmd.yaml", environment: [String: String] = [:])
    throws(ConfigurationProblems) -> DaemonSettings
  {
    try read(bytes: Array(text.utf8), file: file, environment: environment)
  }

  private static func read(bytes: [UInt8], file: String, environment: [String: String])
    throws(ConfigurationProblems) -> DaemonSettings
  {
    let document: YAMLNode
    do {
      document = try YAMLNode.parse(bytes: bytes)
    } catch {
      throw ConfigurationProblems(file: file, problems: [error])
    }
    let findings = YAMLFindings(environment: environment)
    let settings = document.read(findings) { read($0, document) }
    guard findings.problems.isEmpty, let settings else {
      throw ConfigurationProblems(file: file, problems: findings.problems)
    }
    return settings
  }

  /// Nil only where a problem was found.
  private static func read(_ top: YAMLSection, _ document: YAMLNode) -> DaemonSettings? {
    let name = top.text("model", default: "main")
    if !isModelName(name) {
      top.problem("model", "must be 1 to 64 letters, digits, `-` or `_`, since directories and labels carry it")
    }
    let stateDirectory = top.text("state_directory", default: "${STATE_DIRECTORY:-/var/lib/afmd}")
    if stateDirectory.isEmpty { top.problem("state_directory", "must be a path, not an empty text") }
    let source = top.section("source") { SourceSettings.read($0, modelName: name) }
    var (schema, labelMapping) = top.section("schema", SchemaReading.read)
    let schemaProblems = schema.validate(for: source?.format ?? .json)
    SchemaReading.report(schemaProblems, document, top.findings)
    let (model, lateLabels, sampling) = top.section("learning") { learning in
      let model = LearningReading.read(
        learning, schema: schema, format: source?.format ?? .json, document, isLayoutSound: schemaProblems.isEmpty)
      if schema.keptFraction != nil, let loss = model?.loss, loss != .logistic {
        learning.problem("loss", "must be `log` with `schema.kept_fraction`, which is a matter of log-odds")
      }
      if schema.keptFraction != nil, model?.calibration != nil {
        learning.problem(
          "calibration", "and `schema.kept_fraction` exclude each other: the labels of a thinned stream calibrate to it"
        )
      }
      return (
        model, LateLabelSettings.read(learning, schema: schema, format: source?.format ?? .json),
        learning.section("negative_sampling") {
          NegativeSamplingReading.read($0, schema: schema, loss: model?.loss)
        }
      )
    }
    let validation = top.section("progressive_validation") {
      ProgressiveValidationSettings.read($0, schema: schema)
    }
    NegativeSamplingReading.check(sampling, validation, document, top.findings)
    let snapshots = top.section("snapshots", SnapshotSettings.read)
    let isKafka = if case .kafka? = source?.place { true } else { false }
    let sockets = top.section("sockets") { SocketsSettings.read($0, isKafka: isKafka) }
    let threads = top.section("threads", ThreadSettings.read)
    let quarantine = top.section("quarantine") {
      QuarantineSettings(maximumBytes: $0.size("maximum_size", default: 64 << 20, in: 0...(1 << 40)))
    }
    let deadLetters = top.section("dead_letters") {
      DeadLetterSettings(spillBytes: $0.size("spill_size", default: 64 << 20, in: (1 << 20)...(1 << 40)))
    }
    let log = top.section("log") {
      LogSettings(level: $0.choice("level", default: .info), format: $0.choice("format", default: .automatic))
    }
    guard let source, let model else { return nil }
    // Unless the schema says how a label is read, the loss does.
    schema.label.mapping = labelMapping ?? (model.loss == .squared ? .number : .binary)
    // Where only positive events are logged, one without a label is one.
    if sampling != nil { schema.label.assumed = 1 }
    let effective = top.findings.effective.map {
      EffectiveSetting(path: $0.path, value: $0.value, isWritten: $0.isWritten)
    }
    return DaemonSettings(
      modelName: name, stateDirectory: stateDirectory, source: source, schema: schema, model: model,
      lateLabels: lateLabels, negativeSampling: sampling, progressiveValidation: validation, snapshots: snapshots,
      sockets: sockets,
      threads: threads, quarantine: quarantine, deadLetters: deadLetters, log: log, effective: effective)
  }

  private static func isModelName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
  }
}

extension SnapshotSettings {
  static func read(_ section: YAMLSection) -> SnapshotSettings {
    SnapshotSettings(
      every: section.optionalDuration(
        "every", default: .seconds(600), atLeast: .seconds(1), atMost: .seconds(30 * 86_400)),
      everyEvents: section.optionalInteger("every_events", default: nil, in: 1...Int.max).map { UInt64($0) },
      incremental: section.boolean("incremental", default: true),
      fullAfterShare: section.number("full_after_share", default: 0.5, "between 0 and 10") { (0...10).contains($0) },
      fullAfterCount: section.integer("full_after_count", default: 16, in: 0...100),
      keep: section.integer("keep", default: 8, in: 1...100_000),
      journal: section.choice("journal", default: .retained),
      journalSize: section.size("journal_size", default: 1 << 30, in: (1 << 20)...(1 << 44)),
      onShutdown: section.boolean("on_shutdown", default: true))
  }
}

extension ThreadSettings {
  static func read(_ section: YAMLSection) -> ThreadSettings {
    ThreadSettings(
      learnerNice: Int32(section.integer("learner_nice", default: 10, in: 0...19)),
      ingestNice: Int32(section.integer("ingest_nice", default: 5, in: 0...19)),
      batchRecords: section.integer("batch_records", default: 512, in: 1...100_000),
      queueBatches: section.integer("queue_batches", default: 8, in: 1...1024))
  }
}
