import FeatureEncoding
import YAML

/// Reads the `schema` section.
enum SchemaReading {
  private enum Reading: String, CaseIterable {
    case automatic
    case binary
    case number
  }

  /// The schema, and how its label is read where the file says so; else the loss decides.
  static func read(_ section: YAMLSection) -> (Schema, LabelMapping?) {
    let (labelPath, mapping, labelTime) = section.section("label") { label in
      (
        label.text("path", default: "label"), label.choice("mapping", default: Reading.automatic),
        label.section("time", time)
      )
    }
    let eventTime = section.section("time", time)
    let standard = EncodingLimits()
    let schema = Schema(
      label: LabelDefinition(path: labelPath, time: labelTime), importance: section.optionalText("importance"),
      time: eventTime,
      servedScore: section.optionalText("served_score"),
      keptFraction: section.section("kept_fraction", keptFraction),
      features: section.list("features", FieldReading.field).compactMap { $0 },
      crosses: section.list("crosses", FieldReading.cross).compactMap { $0 },
      seed: section.unsigned("seed", default: 0),
      limits: section.section("limits") { limits in
        EncodingLimits(
          maximumRecordBytes: limits.size("record_size", default: standard.maximumRecordBytes, in: 1...(1 << 29)),
          maximumDepth: limits.integer("depth", default: standard.maximumDepth, in: 1...512),
          maximumFeatures: limits.integer("features", default: standard.maximumFeatures, in: 1...1024),
          maximumPairs: limits.integer("pairs", default: standard.maximumPairs, in: 1...600_000),
          maximumMagnitude: limits.number(
            "magnitude", default: standard.maximumMagnitude, "above 0 and at most 1e30", { $0 > 0 && $0 <= 1e30 }))
      })
    return (schema, LabelMapping(rawValue: mapping.rawValue))
  }

  private static func keptFraction(_ section: YAMLSection) -> KeptFraction? {
    let path = section.optionalText("path")
    let otherwise = section.number("otherwise", default: 1, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    return path == nil && otherwise == 1 ? nil : KeptFraction(path: path, otherwise: otherwise)
  }

  private static func time(_ section: YAMLSection) -> TimeDefinition? {
    let path = section.optionalText("path")
    let format = section.choice("format", default: TimeFormat.rfc3339)
    return path.map { TimeDefinition(path: $0, format: format) }
  }

  /// Adds what the schema itself finds wrong, each at the key it belongs to.
  static func report(_ problems: [SchemaProblem], _ document: YAMLNode, _ findings: YAMLFindings) {
    for problem in problems {
      let path = "schema." + SettingNames.key(problem.place).replacing(".transform.", with: ".")
      findings.add("`\(path)`: \(problem.detail)", at: document.mark(at: path))
    }
  }
}

/// The names of settings in the file for the names that Swift has for them.
enum SettingNames {
  /// `rates.fieldPairs` is written `rates.field_pairs`.
  static func key(_ swiftName: String) -> String {
    var key = ""
    for character in swiftName {
      if character.isUppercase { key += "_" }
      key += character.lowercased()
    }
    return key
  }
}
