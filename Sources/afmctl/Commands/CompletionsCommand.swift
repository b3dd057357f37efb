import CommandTable

/// `afmctl completions`: a script for the user's shell.
enum CompletionsCommand: Subcommand {
  static let declaration = Command(
    name: "completions", summary: "print the completion script for a shell",
    positionals: [Positional("SHELL", kind: .choice(Shell.allCases.map(\.rawValue)), help: "bash, zsh or fish")])

  static func run(_ session: Session) throws(Failure) {
    guard let shell = Shell(rawValue: try session.operand("SHELL")) else {
      throw Failure(.usage, "SHELL is one of bash, zsh, fish")
    }
    try session.output.write(Afmctl.program.completion(for: shell))
  }
}
