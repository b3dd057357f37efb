/// A path through nested objects, written with dots: `weather.visibility`.
///
/// A backslash takes the next character literally, so `a\.b` names the single key `a.b`, and `a\\b` the key `a\b`.
public struct JSONPath: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// The keys from the outermost to the innermost.
  public var names: [String]

  /// Takes a written path apart; nil where a step is empty or a backslash ends it.
  public init?(_ text: String) {
    var names: [String] = []
    var name = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        name.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "." {
        names.append(name)
        name = ""
      } else {
        name.append(character)
      }
    }
    names.append(name)
    guard !isEscaped, names.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.names = names
  }

  /// The path as it is written.
  public var description: String {
    names.map { name in
      String(name.flatMap { $0 == "." || $0 == "\\" ? ["\\", $0] : [$0] })
    }.joined(separator: ".")
  }
}
