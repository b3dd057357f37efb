/// One thing that is wrong with a schema.
public struct SchemaProblem: Equatable, Sendable, CustomStringConvertible {
  /// Where: a path of keys in the schema such as `features[3].path`.
  public var place: String

  /// What is wrong, and what would be right.
  public var detail: String

  /// Makes a problem of its parts.
  public init(place: String, detail: String) {
    self.place = place
    self.detail = detail
  }

  /// Place and detail in one line.
  public var description: String { "\(place): \(detail)" }
}

/// A schema that cannot be used, with everything that is wrong with it.
public struct InvalidSchema: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong; never empty.
  public var problems: [SchemaProblem]

  /// Makes an error of the problems found.
  public init(problems: [SchemaProblem]) {
    self.problems = problems
  }

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
