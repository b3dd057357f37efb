import CXXHash
import JSONReading

extension Schema {
  /// Everything that decides what is learned from a record, as canonical JSON: fixed order of keys, no white space,
  /// canonical numbers. What only decides when (the times of event and label) or is only measured (served score) is not
  /// in it, nor the limits of size, depth and count, which only reject.
  public var canonicalJSON: String {
    var label = [
      ("path", JSONLiteral.string(self.label.path)), ("mapping", JSONLiteral.string(self.label.mapping.rawValue)),
    ]
    // What is not in use is left out, so that a schema from before there was such a thing keeps its fingerprint.
    if let assumed = self.label.assumed { label.append(("assumed", NumberText.text(Double(assumed)))) }
    var members = [
      ("seed", String(seed)), ("label", JSONLiteral.object(label)),
      ("importance", importance.map { JSONLiteral.string($0) } ?? "null"),
    ]
    if let keptFraction { members.append(("kept_fraction", keptFraction.canonicalJSON)) }
    let fields = features.map { field in
      JSONLiteral.object([
        ("name", JSONLiteral.string(field.name)), ("path", JSONLiteral.string(field.path)),
        ("kind", field.kind.canonicalJSON),
      ])
    }
    members.append(("features", JSONLiteral.array(fields)))
    members.append(("crosses", JSONLiteral.array(crosses.map(\.canonicalJSON))))
    return JSONLiteral.object(members)
  }

  /// Sixteen hexadecimal digits that change with everything `canonicalJSON` says: its XXH64 with seed 0.
  public var fingerprint: String {
    let text = Array(canonicalJSON.utf8)
    let digits = String(text.withUnsafeBytes { XXH64($0.baseAddress, $0.count, 0) }, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension KeptFraction {
  /// The definition as canonical JSON.
  public var canonicalJSON: String {
    JSONLiteral.object([
      ("path", path.map { JSONLiteral.string($0) } ?? "null"), ("otherwise", NumberText.text(otherwise)),
    ])
  }
}

extension FieldKind {
  /// The kind as canonical JSON.
  public var canonicalJSON: String { canonicalJSON(withPairs: true) }

  /// The kind as canonical JSON, with or without what only says which pairs are formed.
  func canonicalJSON(withPairs: Bool) -> String {
    switch self {
    case .categorical: return JSONLiteral.object([("type", "\"categorical\"")])
    case .list(let scaling, let pairs):
      return JSONLiteral.object(
        [("type", "\"list\""), ("scaling", JSONLiteral.string(scaling.rawValue))]
          + (withPairs ? [("pairs", pairs ? "true" : "false")] : []))
    case .numeric(let transform, let clip):
      let clipText = clip.map { NumberText.text($0) } ?? "null"
      return JSONLiteral.object(
        [("type", "\"numeric\""), ("transform", transform.canonicalJSON)]
          + (transform.isCategorical ? [] : [("clip", clipText)]))
    case .time(let part, let format, let zone):
      return JSONLiteral.object([
        ("type", "\"time\""), ("part", JSONLiteral.string(part.rawValue)),
        ("format", JSONLiteral.string(format.rawValue)), ("zone", zone.map { JSONLiteral.string($0.name) } ?? "null"),
      ])
    }
  }
}

extension NumericTransform {
  /// The transform as canonical JSON.
  public var canonicalJSON: String {
    switch self {
    case .identity: JSONLiteral.object([("type", "\"identity\"")])
    case .log1p: JSONLiteral.object([("type", "\"log1p\"")])
    case .standardize(let mean, let scale):
      JSONLiteral.object([
        ("type", "\"standardize\""), ("mean", NumberText.text(mean)), ("scale", NumberText.text(scale)),
      ])
    case .buckets(let boundaries):
      JSONLiteral.object([
        ("type", "\"buckets\""), ("boundaries", JSONLiteral.array(boundaries.map { NumberText.text($0) })),
      ])
    case .bucketWidth(let width):
      JSONLiteral.object([("type", "\"bucket_width\""), ("width", NumberText.text(width))])
    }
  }
}

extension CrossDefinition {
  /// The cross as canonical JSON.
  public var canonicalJSON: String {
    JSONLiteral.object([
      ("name", JSONLiteral.string(name)), ("fields", JSONLiteral.array(fields.map { JSONLiteral.string($0) })),
    ])
  }
}

/// Puts JSON together from text that is JSON already.
private enum JSONLiteral {
  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { string($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
  }

  static func array(_ elements: [String]) -> String {
    "[" + elements.joined(separator: ",") + "]"
  }

  static func string(_ text: String) -> String {
    var output: [UInt8] = []
    Array(text.utf8).withUnsafeBytes { JSONValue.appendString($0, to: &output) }
    return String(decoding: output, as: UTF8.self)
  }
}
