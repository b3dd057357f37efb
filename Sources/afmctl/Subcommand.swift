import CommandTable

/// One command: how it is declared, and what it does.
protocol Subcommand: SendableMetatype {
  /// The command's place in the command table.
  static var declaration: Command { get }

  /// Does what was asked; the output is flushed afterwards.
  ///
  /// - Throws: why it was not done, and how the program then ends.
  static func run(_ session: Session) throws(Failure)
}
