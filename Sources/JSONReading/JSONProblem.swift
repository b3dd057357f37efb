/// Why a text is not taken as JSON.
public struct JSONProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was wrong.
  public enum Kind: String, Sendable, CaseIterable {
    /// The text holds no value: it is empty or white space.
    case empty
    /// The text breaks JSON's grammar.
    case malformed
    /// The text is not valid UTF-8.
    case invalidUTF8
    /// The text nests deeper than the reader's limit.
    case tooDeep
    /// The text is longer than the reader's limit.
    case tooLarge
    /// A number is not finite: `NaN`, `Infinity`, or a literal such as `1e400` that no double holds.
    case notFinite
    /// An integer is beyond 64 bits.
    case integerTooLarge
    /// There was no memory to grow the reader's buffers.
    case noMemory
  }

  /// What was wrong.
  public var kind: Kind

  /// One sentence for a person: what was wrong and, where it helps, what is allowed.
  public var description: String

  /// Makes a problem of its two parts.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
