/// What the reading of one file finds: all its problems, every key that was asked for, and the values that hold.
///
/// Used on one thread.
public final class YAMLFindings {
  /// A setting as it holds after reading.
  public struct Effective: Equatable, Sendable {
    /// The keys that lead to it: `learning.rates.bias`.
    public var path: String
    /// Its value as text; `null` where there is none.
    public var value: String
    /// Whether the file names it.
    public var isWritten: Bool
  }

  /// The problems found so far.
  public private(set) var problems: [YAMLProblem] = []

  /// The settings read so far, in the order read.
  public private(set) var effective: [Effective] = []

  /// The variables that `${NAME}` may name.
  public let environment: [String: String]

  /// Makes findings.
  public init(environment: [String: String]) {
    self.environment = environment
  }

  /// Adds a problem.
  public func add(_ message: String, at mark: YAMLMark) {
    problems.append(YAMLProblem(message, at: mark))
  }

  func note(_ path: String, _ value: String, isWritten: Bool) {
    effective.append(Effective(path: path, value: value, isWritten: isWritten))
  }

  /// Puts the values of variables in the place of `${NAME}`; `${NAME:-text}` has a text for where the variable is not
  /// set or empty, and `$${` stands for `${` itself.
  ///
  /// What a variable holds is never read as YAML and never substituted again, so it cannot bring keys of its own. A
  /// problem is added for a variable that is not set.
  func substituting(_ text: String, subject: String, at mark: YAMLMark) -> String? {
    guard text.contains("${") else { return text }
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      let before = rest[..<start.lowerBound]
      if before.hasSuffix("$") {
        result += before.dropLast() + "${"
        rest = rest[start.upperBound...]
        continue
      }
      result += before
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
        add("\(subject): `${` without a closing brace; write `$${` for the characters themselves", at: mark)
        return nil
      }
      let inside = rest[start.upperBound..<end]
      let fallback = inside.firstRange(of: ":-")
      let name = String(inside[..<(fallback?.lowerBound ?? inside.endIndex)])
      guard Self.isVariable(name) else {
        add("\(subject): `\(name)` cannot be the name of an environment variable", at: mark)
        return nil
      }
      if let fallback, (environment[name] ?? "").isEmpty {
        result += inside[fallback.upperBound...]
      } else if let value = environment[name] {
        result += value
      } else {
        add("\(subject): the environment variable \(name) is not set; set it, or write ${\(name):-DEFAULT}", at: mark)
        return nil
      }
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
