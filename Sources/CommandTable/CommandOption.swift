/// An option of a command line: `--name`, `--name VALUE`, `--name=VALUE`, `-n VALUE`.
public struct CommandOption: Sendable {
  /// What an option takes.
  public enum Kind: Equatable, Sendable {
    /// Nothing: it is there or not.
    case flag
    /// Any text.
    case text
    /// The path of a file, which shells complete.
    case path
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A finite number, at least the given one.
    case number(atLeast: Double)
    /// A time, at least so many seconds: `1.5`, `500ms`, `30s`, `10m`, `1h`.
    case duration(atLeast: Double)
    /// One of a few words.
    case choice([String])
  }

  /// The long name, without dashes.
  public var name: String
  /// The letter after a single dash, where there is one.
  public var letter: Character?
  /// What it takes.
  public var kind: Kind
  /// How the help calls the value, in capitals; not used by flags and choices.
  public var valueName: String
  /// The value where the option is not given.
  public var defaultValue: String?
  /// Whether it may be given several times.
  public var repeats: Bool
  /// Whether it must be given.
  public var required: Bool
  /// One line that says what it does, without a full stop.
  public var help: String

  /// Declares an option.
  public init(
    _ name: String, letter: Character? = nil, kind: Kind = .flag, valueName: String = "VALUE",
    defaultValue: String? = nil, repeats: Bool = false, required: Bool = false, help: String
  ) {
    self.name = name
    self.letter = letter
    self.kind = kind
    self.valueName = valueName
    self.defaultValue = defaultValue
    self.repeats = repeats
    self.required = required
    self.help = help
  }

  /// `keep|rewind`, `FILE`, or nil for a flag.
  var valueText: String? {
    switch kind {
    case .flag: nil
    case .choice(let words): words.joined(separator: "|")
    case .text, .path, .integer, .number, .duration: valueName
    }
  }
}

/// An operand of a command line.
public struct Positional: Sendable {
  /// How the help calls it, in capitals.
  public var name: String
  /// What it may be: every kind of an option's value but `flag`.
  public var kind: CommandOption.Kind
  /// Whether it may be left out.
  public var optional: Bool
  /// Whether several may be given; only the last operand of a command.
  public var repeats: Bool
  /// One line that says what it is, without a full stop.
  public var help: String

  /// Declares an operand.
  public init(
    _ name: String, kind: CommandOption.Kind = .text, optional: Bool = false, repeats: Bool = false, help: String
  ) {
    self.name = name
    self.kind = kind
    self.optional = optional
    self.repeats = repeats
    self.help = help
  }

  var usage: String {
    let shown = repeats ? name + "..." : name
    return optional ? "[\(shown)]" : shown
  }
}
