import FeatureEncoding
import YAML

/// Reads the elements of `schema.features` and `schema.crosses`.
enum FieldReading {
  private enum Kind: String, CaseIterable {
    case categorical
    case list
    case numeric
    case time
  }

  private enum Transform: String, CaseIterable {
    case identity
    case log1p
    case standardize
    case buckets
    case bucketWidth = "bucket_width"
  }

  /// The keys that only some fields have, and which.
  private static let owners: KeyValuePairs<String, String> = [
    "scaling": "kind list", "pairs": "kind list", "transform": "kind numeric",
    "clip": "kind numeric whose transform gives a number", "mean": "transform standardize",
    "scale": "transform standardize", "boundaries": "transform buckets", "width": "transform bucket_width",
    "part": "kind time", "format": "kind time", "zone": "kind time",
  ]

  /// A name alone is a categorical field; a mapping says more.
  static func field(_ item: YAMLItem) -> FieldDefinition? {
    guard item.isMapping else { return item.text().map { FieldDefinition(name: $0) } }
    return item.section { section in
      guard let name = section.requiredText("name", why: "every field has one") else {
        section.ignoreRest()
        return nil
      }
      let path = section.text("path", default: name)
      let kind = kind(section)
      for (key, owner) in owners { section.refuse(key, "is for fields with \(owner)") }
      return kind.map { FieldDefinition(name: name, path: path, kind: $0) }
    }
  }

  private static func kind(_ section: YAMLSection) -> FieldKind? {
    switch section.choice("kind", default: Kind.categorical) {
    case .categorical: return .categorical
    case .list:
      return .list(
        scaling: section.choice("scaling", default: .squareRoot), pairs: section.boolean("pairs", default: true))
    case .numeric: return numeric(section)
    case .time:
      guard section.has("part") else {
        let parts = TimePart.allCases.map(\.rawValue).joined(separator: ", ")
        section.findings.add("`\(section.path(of: "part"))` is missing: one of \(parts)", at: section.mark)
        section.ignoreRest()
        return nil
      }
      return .time(
        part: section.choice("part", default: .date), format: section.choice("format", default: .rfc3339),
        zone: section.optionalText("zone").map { TimeZoneName($0) })
    }
  }

  private static func numeric(_ section: YAMLSection) -> FieldKind? {
    func required(_ key: String, _ wanted: String, _ holds: (Double) -> Bool) -> Double? {
      guard section.has(key) else {
        section.findings.add("`\(section.path(of: key))` is missing: \(wanted)", at: section.mark)
        return nil
      }
      return section.number(key, default: 1, wanted, holds)
    }
    func clip() -> Double? {
      section.optionalNumber("clip", default: FieldKind.defaultClip, "above 0", { $0 > 0 })
    }
    switch section.choice("transform", default: Transform.identity) {
    case .identity: return .numeric(transform: .identity, clip: clip())
    case .log1p: return .numeric(transform: .log1p, clip: clip())
    case .standardize:
      let mean = required("mean", "what is subtracted", { _ in true })
      let scale = required("scale", "what is divided by, above 0", { $0 > 0 })
      let clip = clip()
      guard let mean, let scale else { return nil }
      return .numeric(transform: .standardize(mean: mean, scale: scale), clip: clip)
    case .buckets:
      guard section.has("boundaries") else {
        section.findings.add(
          "`\(section.path(of: "boundaries"))` is missing: a list of ascending numbers", at: section.mark)
        return nil
      }
      return .numeric(
        transform: .buckets(boundaries: section.list("boundaries") { $0.number() }.compactMap { $0 }), clip: nil)
    case .bucketWidth:
      return required("width", "the width of a bucket, above 0", { $0 > 0 }).map {
        .numeric(transform: .bucketWidth($0), clip: nil)
      }
    }
  }

  /// A list of names alone is a cross; a mapping also gives it a name.
  static func cross(_ item: YAMLItem) -> CrossDefinition? {
    guard item.isMapping else {
      return CrossDefinition(fields: item.list { $0.text() }.compactMap { $0 })
    }
    return item.section { section in
      let fields = section.list("fields") { $0.text() }.compactMap { $0 }
      return CrossDefinition(name: section.optionalText("name"), fields: fields)
    }
  }
}
