import AttentionalFM
import FeatureEncoding
import SnapshotStore

/// Which settings of the model and the schema are not those that a snapshot was learned with: what a start says.
enum SettingsChanges {
  /// One sentence; nil where none changed.
  static func text(since manifest: Manifest, _ identity: LearningIdentity) throws(SnapshotProblem) -> String? {
    var changes = differences(
      try EmbeddedJSON(encoding: manifest.model), try EmbeddedJSON(encoding: identity.model), "learning",
      leavingOut: "layout")
    // As this version would write it: what was added since an older snapshot is no change.
    if let saved = try? manifest.schema?.decode(Schema.self) {
      changes += differences(
        try EmbeddedJSON(encoding: saved), identity.embeddedSchema, "schema", leavingOut: "limits")
    }
    guard !changes.isEmpty else { return nil }
    return "settings changed since snapshot \(manifest.id): " + changes.joined(separator: "; ")
  }

  private static func differences(
    _ saved: EmbeddedJSON, _ configured: EmbeddedJSON, _ section: String, leavingOut member: String
  ) -> [String] {
    let (before, after) = (flat(saved, section, leavingOut: member), flat(configured, section, leavingOut: member))
    return Set(before.keys).union(after.keys).sorted().compactMap { name in
      switch (before[name], after[name]) {
      case (let old?, let new?): old == new ? nil : "`\(name)` was \(old) and is \(new)"
      case (let old?, nil): "`\(name)` was \(old) and is gone"
      case (nil, let new?): "`\(name)` is new, \(new)"
      case (nil, nil): nil
      }
    }
  }

  /// Each number and text by the name of its setting. Of fields, each is one value under its name.
  private static func flat(
    _ json: EmbeddedJSON, _ name: String, leavingOut member: String? = nil
  ) -> [String: String] {
    switch json {
    case .object(let members):
      members.filter { $0.key != member }.reduce(into: [:]) { found, entry in
        found.merge(flat(entry.value, setting(name, entry.key))) { $1 }
      }
    case .array(let elements) where elements.isEmpty: [:]
    case .array(let elements) where elements.contains { Self.name(of: $0) != nil }:
      elements.reduce(into: [:]) { found, element in
        found["\(name).\(Self.name(of: element) ?? "?")"] = text(element, without: "name")
      }
    default: [name: text(json)]
    }
  }

  private static func name(of element: EmbeddedJSON) -> String? {
    guard case .object(let members) = element, case .string(let name)? = members["name"] else { return nil }
    return name
  }

  private static func text(_ json: EmbeddedJSON, without member: String? = nil) -> String {
    switch json {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "`\(value)`"
    case .array(let elements): "[" + elements.map { text($0) }.joined(separator: ", ") + "]"
    case .object(let members):
      "{"
        + members.filter { $0.key != member }.sorted { $0.key < $1.key }.map { "\(snake($0.key)): \(text($0.value))" }
        .joined(separator: ", ") + "}"
    }
  }

  /// The name of a setting as the configuration has it.
  private static func setting(_ section: String, _ member: String) -> String {
    switch (section, member) {
    case ("learning", "tableSlots"): "learning.table.slots"
    case ("learning", "maximumFeatures"): "schema.limits.features"
    case ("learning", "maximumPairs"): "schema.limits.pairs"
    case ("learning.forgetting", "halfLifeMilliseconds"): "learning.forgetting.half_life in ms"
    case ("learning.forgetting", "scope"): "learning.forgetting.applies_to"
    default: "\(section).\(snake(member))"
    }
  }

  /// `field_pair_prior` of `fieldPairPrior`.
  private static func snake(_ text: String) -> String {
    text.reduce(into: "") { result, letter in
      if letter.isUppercase { result.append("_") }
      result += letter.lowercased()
    }
  }
}
