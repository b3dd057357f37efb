extension Program {
  /// The program's manual page in mdoc(7).
  ///
  /// - Parameter date: the page's date as mdoc writes it, such as `January 2, 2026`.
  public func manualPage(date: String) -> String {
    var page = ".Dd \(date)\n.Dt \(name.uppercased()) \(section)\n.Os\n"
    page += ".Sh NAME\n.Nm \(name)\n.Nd \(Self.escaped(summary))\n.Sh SYNOPSIS\n"
    let leaves = Self.leaves(commands, [])
    if leaves.isEmpty {
      page += ".Nm\n" + Self.synopsis(options, positionals)
    } else {
      for path in leaves {
        page += ".Nm\n"
        for command in path { page += ".Cm \(command.name)\n" }
        page += Self.synopsis(path.flatMap(\.options), path.last?.positionals ?? [])
      }
    }
    page += ".Sh DESCRIPTION\n" + Self.paragraphs(discussion.isEmpty ? [summary + "."] : discussion)
    if !commands.isEmpty {
      page += ".Sh COMMANDS\n.Bl -tag -width Ds\n"
      for path in leaves {
        guard let command = path.last else { continue }
        page += ".It " + path.map { "Cm \($0.name)" }.joined(separator: " ")
        page += command.positionals.map { " Ar \($0.name)" }.joined() + "\n"
        page += Self.escaped(command.summary) + ".\n"
        if !command.discussion.isEmpty { page += ".Pp\n" + Self.paragraphs(command.discussion) }
        let own = path.flatMap(\.options)
        if !own.isEmpty { page += Self.list(own) }
      }
      page += ".El\n"
    }
    let standard = [
      CommandOption("help", letter: "h", help: "show help"), CommandOption("version", help: "show the version"),
    ]
    page += ".Sh OPTIONS\n" + Self.list(options + standard)
    page += Self.entries("ENVIRONMENT", environment.map { (".It Ev \($0.name)", $0.meaning) })
    page += Self.entries("FILES", files.map { (".It Pa \($0.path)", $0.meaning) })
    page += Self.entries("EXIT STATUS", exitCodes.map { (".It \($0.code)", $0.meaning) })
    if !examples.isEmpty {
      page += ".Sh EXAMPLES\n"
      for example in examples {
        page += Self.escaped(example.meaning) + ":\n.Pp\n.Dl \(Self.escaped(example.line))\n.Pp\n"
      }
    }
    if !seeAlso.isEmpty {
      let others = seeAlso.map { reference -> String in
        let parts = reference.split(separator: "(", maxSplits: 1)
        return ".Xr \(parts.first ?? "") \(parts.count > 1 ? parts[1].filter { $0 != ")" } : "1")"
      }
      page += ".Sh SEE ALSO\n" + others.joined(separator: " ,\n") + "\n"
    }
    return page
  }

  private static func leaves(_ commands: [Command], _ path: [Command]) -> [[Command]] {
    commands.flatMap { command in
      command.commands.isEmpty ? [path + [command]] : leaves(command.commands, path + [command])
    }
  }

  private static func synopsis(_ options: [CommandOption], _ positionals: [Positional]) -> String {
    var text = ""
    for option in options {
      let value = option.valueText.map { " Ar \($0)" } ?? ""
      text += option.required ? ".Fl -\(option.name)\(value)\n" : ".Op Fl -\(option.name)\(value)\n"
    }
    for positional in positionals {
      let shown = "Ar \(positional.name)" + (positional.repeats ? " ..." : "")
      text += positional.optional ? ".Op \(shown)\n" : ".\(shown)\n"
    }
    return text
  }

  private static func list(_ options: [CommandOption]) -> String {
    var text = ".Bl -tag -width Ds\n"
    for option in options {
      let value = option.valueText.map { " Ar \($0)" } ?? ""
      text += ".It " + (option.letter.map { "Fl \($0) , " } ?? "") + "Fl -\(option.name)\(value)\n"
      text += escaped(option.help) + ".\n"
      if let defaultValue = option.defaultValue { text += "The default is\n.Ql \(escaped(defaultValue)) .\n" }
      if option.repeats { text += "May be repeated.\n" }
    }
    return text + ".El\n"
  }

  private static func entries(_ heading: String, _ rows: [(item: String, meaning: String)]) -> String {
    guard !rows.isEmpty else { return "" }
    return ".Sh \(heading)\n.Bl -tag -width Ds\n"
      + rows.map { "\($0.item)\n\(escaped($0.meaning)).\n" }.joined() + ".El\n"
  }

  private static func paragraphs(_ texts: [String]) -> String {
    texts.map { escaped($0) + "\n" }.joined(separator: ".Pp\n")
  }

  /// A line of text that begins with a dot or an apostrophe would be a request, and a backslash begins an escape.
  private static func escaped(_ text: String) -> String {
    let result = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
  }
}
