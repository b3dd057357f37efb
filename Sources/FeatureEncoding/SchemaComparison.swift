/// One way in which a schema would give the rows of a saved model another meaning.
public struct SchemaDifference: Equatable, Sendable, CustomStringConvertible {
  /// What differs: `seed`, `label.mapping`, or a field such as `features.distance`.
  public var subject: String

  /// What the model was learned with, as canonical JSON.
  public var saved: String

  /// What is configured now, as canonical JSON.
  public var configured: String

  /// Makes a difference of its parts.
  public init(subject: String, saved: String, configured: String) {
    self.subject = subject
    self.saved = saved
    self.configured = configured
  }

  /// Both values, and what to do.
  public var description: String {
    let remedy =
      subject.hasPrefix("features.") || subject.hasPrefix("crosses.")
      ? "put the saved definition back, or give the new one another name, so that it is learned anew"
      : "put the saved value back, or start a new model in an empty state directory"
    return "\(subject): the snapshot was learned with \(saved), but \(configured) is configured; \(remedy)"
  }
}

extension Schema {
  /// What stands against continuing, under this schema, a model that was learned under another; empty where nothing
  /// does.
  ///
  /// Adding or removing fields and crosses, their order, paths, limits, and whether a list forms pairs within itself
  /// are free to change. Another hash seed, another label mapping, or another meaning of a field or cross of the same
  /// name (type, transform, clip, scaling, time part, format or zone, the fields of a cross) is not: the learned rows
  /// would be read as something they are not.
  public func differences(from saved: Schema) -> [SchemaDifference] {
    var differences: [SchemaDifference] = []
    if seed != saved.seed {
      differences.append(SchemaDifference(subject: "seed", saved: String(saved.seed), configured: String(seed)))
    }
    if label.mapping != saved.label.mapping {
      differences.append(
        SchemaDifference(
          subject: "label.mapping", saved: saved.label.mapping.rawValue, configured: label.mapping.rawValue))
    }
    let meanings = saved.meanings
    for (name, meaning) in self.meanings.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      guard let before = meanings[name], before.text != meaning.text else { continue }
      differences.append(
        SchemaDifference(
          subject: "\(meaning.section).\(String(decoding: name, as: UTF8.self))", saved: before.text,
          configured: meaning.text))
    }
    return differences
  }

  /// What the features of each field mean, by the bytes of the field's name, as they are hashed.
  private var meanings: [[UInt8]: (section: String, text: String)] {
    var meanings: [[UInt8]: (section: String, text: String)] = [:]
    for field in features {
      meanings[Array(field.name.utf8)] = ("features", field.kind.canonicalJSON(withPairs: false))
    }
    for cross in crosses { meanings[Array(cross.name.utf8)] = ("crosses", cross.canonicalJSON) }
    return meanings
  }
}
