/// A place in a YAML text; both numbers count from 1.
public struct YAMLMark: Equatable, Hashable, Comparable, Sendable {
  /// The line.
  public var line: Int
  /// The column, in characters.
  public var column: Int

  /// Makes a mark.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Whether one place comes before another.
  public static func < (left: YAMLMark, right: YAMLMark) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A value of a YAML text with its place.
public struct YAMLNode: Equatable, Sendable {
  /// What a value is.
  public enum Content: Equatable, Sendable {
    /// A scalar; `isPlain` where it stood without quotes, so that it may also be a number, a boolean or null.
    case scalar(String, isPlain: Bool)
    /// A list.
    case sequence([YAMLNode])
    /// A mapping; its keys are texts, each there once, in the order written.
    case mapping([YAMLEntry])
  }

  /// The value.
  public var content: Content
  /// Where it begins.
  public var mark: YAMLMark

  /// Makes a node.
  public init(content: Content, mark: YAMLMark) {
    self.content = content
    self.mark = mark
  }

  /// Whether the value is null: nothing, `~` or `null` without quotes.
  public var isNull: Bool {
    guard case .scalar(let text, true) = content else { return false }
    return text.isEmpty || text == "~" || text == "null"
  }

  /// What the value is, for a sentence.
  var noun: String {
    switch content {
    case .scalar(let text, let isPlain):
      if isNull { "nothing" } else if isPlain { "`\(text.prefix(60))`" } else { "the text \"\(text.prefix(60))\"" }
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// One key of a mapping with its value.
public struct YAMLEntry: Equatable, Sendable {
  /// The key.
  public var key: String
  /// Where the key stands.
  public var mark: YAMLMark
  /// The value.
  public var value: YAMLNode

  /// Makes an entry.
  public init(key: String, mark: YAMLMark, value: YAMLNode) {
    self.key = key
    self.mark = mark
    self.value = value
  }
}

/// What is wrong with a YAML text, and where.
public struct YAMLProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong and what to do.
  public var message: String
  /// Where.
  public var mark: YAMLMark

  /// Makes a problem.
  public init(_ message: String, at mark: YAMLMark) {
    self.message = message
    self.mark = mark
  }

  /// `line 12, column 3: ...`.
  public var description: String { "line \(mark.line), column \(mark.column): \(message)" }
}
