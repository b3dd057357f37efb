/// A path through nested objects, written with dots: `weather.visibility`.
///
/// A backslash takes the next character literally, so `a\.b` names the single key `a.b`, and `a\\b` the key `a\b`. Two
/// paths are the same where their bytes are: JSON's keys are compared so, and a composed letter is another key than a
/// decomposed one.
public struct JSONPath: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// The keys from the outermost to the innermost.
  public var names: [String]

  /// Takes a written path apart; nil where a step is empty or a backslash ends it.
  public init?(_ text: String) {
    var names: [String] = []
    var name = ""
    var isEscaped = false
    // Not by Character: a dot stays a dot where an accent follows.
    for character in text.unicodeScalars {
      if isEscaped {
        name.unicodeScalars.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "." {
        names.append(name)
        name = ""
      } else {
        name.unicodeScalars.append(character)
      }
    }
    names.append(name)
    guard !isEscaped, names.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.names = names
  }

  /// The path as it is written.
  public var description: String {
    names.map { name in
      var text = ""
      for character in name.unicodeScalars {
        if character == "." || character == "\\" { text.append("\\") }
        text.unicodeScalars.append(character)
      }
      return text
    }.joined(separator: ".")
  }

  /// Whether two paths are the same bytes.
  public static func == (left: JSONPath, right: JSONPath) -> Bool {
    left.names.elementsEqual(right.names) { $0.utf8.elementsEqual($1.utf8) }
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    for name in names { hasher.combine(Array(name.utf8)) }
  }
}
