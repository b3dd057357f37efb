/// The declaration of a program's command line; parser, help, completions and manual page all come from it.
public struct Program: Sendable {
  /// The program's name, as typed.
  public var name: String
  /// One line that says what it is, without a full stop.
  public var summary: String
  /// Paragraphs that say more, for the manual page and the help.
  public var discussion: [String]
  /// What `--version` prints after the name.
  public var version: String
  /// Options that stand before or after any command.
  public var options: [CommandOption]
  /// Operands, for a program without commands.
  public var positionals: [Positional]
  /// The commands; where there are any, one must be given.
  public var commands: [Command]
  /// Example command lines, each with what it does.
  public var examples: [(line: String, meaning: String)]
  /// Exit codes and what they mean.
  public var exitCodes: [(code: Int32, meaning: String)]
  /// Files and what they are, for the manual page.
  public var files: [(path: String, meaning: String)]
  /// Environment variables and what they do, for the manual page.
  public var environment: [(name: String, meaning: String)]
  /// Other manual pages, such as `afmctl(1)`.
  public var seeAlso: [String]
  /// The manual's section: 1 for commands, 8 for daemons.
  public var section: Int

  /// Declares a program.
  public init(
    name: String, summary: String, discussion: [String] = [], version: String, options: [CommandOption] = [],
    positionals: [Positional] = [], commands: [Command] = [], examples: [(line: String, meaning: String)] = [],
    exitCodes: [(code: Int32, meaning: String)] = [], files: [(path: String, meaning: String)] = [],
    environment: [(name: String, meaning: String)] = [], seeAlso: [String] = [], section: Int = 1
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.version = version
    self.options = options
    self.positionals = positionals
    self.commands = commands
    self.examples = examples
    self.exitCodes = exitCodes
    self.files = files
    self.environment = environment
    self.seeAlso = seeAlso
    self.section = section
  }
}

/// A command of a program, or a command of a command (`snapshots list`).
public struct Command: Sendable {
  /// The command's name, as typed.
  public var name: String
  /// One line that says what it does, without a full stop.
  public var summary: String
  /// Paragraphs that say more.
  public var discussion: [String]
  /// Its own options.
  public var options: [CommandOption]
  /// Its operands.
  public var positionals: [Positional]
  /// Its commands; where there are any, one must be given.
  public var commands: [Command]

  /// Declares a command.
  public init(
    name: String, summary: String, discussion: [String] = [], options: [CommandOption] = [],
    positionals: [Positional] = [], commands: [Command] = []
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.options = options
    self.positionals = positionals
    self.commands = commands
  }
}
