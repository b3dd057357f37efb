/// What was given on a command line, checked against the declaration.
public struct Arguments: Equatable, Sendable {
  /// The names of the commands given, from the outermost: `["snapshots", "list"]`; empty for a program without commands.
  public internal(set) var command: [String] = []
  var options: [String: [String]] = [:]
  var positionals: [String: [String]] = [:]

  /// Whether a flag was given.
  public func flag(_ name: String) -> Bool { options[name] != nil }

  /// The value of an option, the last one given, or its default.
  public func value(_ name: String) -> String? { options[name]?.last }

  /// All values of an option that repeats.
  public func values(_ name: String) -> [String] { options[name] ?? [] }

  /// The value of an option of kind `integer`.
  public func integer(_ name: String) -> Int? { value(name).flatMap { Int($0) } }

  /// The value of an option of kind `number`.
  public func number(_ name: String) -> Double? { value(name).flatMap { Double($0) } }

  /// The value of an option of kind `duration`, in seconds.
  public func seconds(_ name: String) -> Double? { value(name).flatMap(Self.seconds(of:)) }

  /// The seconds of a text such as `1.5`, `500ms`, `30s`, `10m` or `1h`.
  static func seconds(of text: String) -> Double? {
    let unit = text.drop { !$0.isLetter }
    let scale: [Substring: Double] = ["": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600]
    guard let scale = scale[unit], let number = Double(text.dropLast(unit.count)), number.isFinite else { return nil }
    return number * scale
  }

  /// An operand.
  public func positional(_ name: String) -> String? { positionals[name]?.first }

  /// All values of an operand that repeats.
  public func positionals(_ name: String) -> [String] { positionals[name] ?? [] }
}

/// What a command line asks for.
public enum Invocation: Equatable, Sendable {
  /// Do what was asked.
  case run(Arguments)
  /// Print this text to standard output and exit 0: help or version.
  case show(String)
}

/// A command line that does not fit the declaration.
public struct UsageProblem: Error, Equatable, CustomStringConvertible, Sendable {
  /// `EX_USAGE` of sysexits(3).
  public static let exitCode: Int32 = 64
  /// What is wrong and what to do, for standard error; ends without a line feed.
  public let description: String

  /// Makes a problem, also for what only the program itself can know (two options that exclude each other).
  public init(_ description: String) { self.description = description }
}
