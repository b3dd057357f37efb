import YAML

/// Everything that is wrong with a settings file.
public struct ConfigurationProblems: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file.
  public var file: String
  /// What is wrong, in the order of the file; never empty.
  public var problems: [YAMLProblem]

  /// Makes an error.
  public init(file: String, problems: [YAMLProblem]) {
    self.file = file
    // Stable: problems of one place stay in the order found.
    self.problems = problems.enumerated()
      .sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }.map(\.element)
  }

  /// One problem a line: `afmd.yaml:12:3: unknown key ...`.
  public var description: String {
    problems.map { "\(file):\($0.mark.line):\($0.mark.column): \($0.message)" }.joined(separator: "\n")
  }
}
