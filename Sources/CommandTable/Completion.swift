/// A shell whose completions can be made.
public enum Shell: String, CaseIterable, Sendable {
  /// GNU Bash with its `complete` builtin.
  case bash
  /// Z shell with compinit.
  case zsh
  /// fish.
  case fish
}

extension Program {
  /// The completion script of the program for a shell.
  public func completion(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletion()
    case .zsh: zshCompletion()
    case .fish: fishCompletion()
    }
  }

  /// Every place on the command line where something may be completed: the program itself and each command below it.
  private var places: [[Command]] {
    func below(_ path: [Command]) -> [[Command]] {
      [path] + (path.last?.commands ?? commands).flatMap { below(path + [$0]) }
    }
    return below([])
  }

  private func candidates(at path: [Command]) -> [String] {
    let commands = (path.last?.commands ?? self.commands).map(\.name)
    let options = (path.flatMap(\.options) + self.options).map { "--" + $0.name }
    let choices = (path.last?.positionals ?? positionals).flatMap { positional -> [String] in
      if case .choice(let words) = positional.kind { words } else { [] }
    }
    return commands + choices + options + ["--help"]
  }

  /// What may follow an option at any place, once for each name.
  private var valueRules: [(option: CommandOption, values: String)] {
    var seen: Set<String> = []
    return (options + places.flatMap { $0.last?.options ?? [] }).compactMap { option in
      guard option.kind != .flag, seen.insert(option.name).inserted else { return nil }
      if case .choice(let words) = option.kind { return (option, words.joined(separator: " ")) }
      return (option, "")
    }
  }

  private func bashCompletion() -> String {
    let function = "_" + name.map { $0 == "-" ? "_" : String($0) }.joined()
    var text = "# bash completion of \(name)\n\(function)() {\n"
    text += "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= word index\n"
    text += "  COMPREPLY=()\n  case $previous in\n"
    for rule in valueRules {
      let names = ["--" + rule.option.name] + (rule.option.letter.map { ["-\($0)"] } ?? [])
      text += "    \(names.joined(separator: "|"))) "
      text +=
        rule.option.kind == .path
        ? "COMPREPLY=($(compgen -f -- \"$current\")); return;;\n"
        : "COMPREPLY=($(compgen -W '\(rule.values)' -- \"$current\")); return;;\n"
    }
    text += "  esac\n  for ((index = 1; index < COMP_CWORD; index++)); do\n    word=${COMP_WORDS[index]}\n"
    text += "    case \"$path/$word\" in\n"
    let inner = places.filter { !$0.isEmpty }.map { "/" + $0.map(\.name).joined(separator: "/") }
    if !inner.isEmpty { text += "      \(inner.joined(separator: "|"))) path+=/$word;;\n" }
    text += "      *) ;;\n    esac\n  done\n  case $path in\n"
    for path in places {
      let key = path.map { "/" + $0.name }.joined()
      let files = (path.last?.positionals ?? positionals).contains { $0.kind == .path }
      text +=
        "    '\(key)') COMPREPLY=($(compgen \(files ? "-f " : "")-W '\(candidates(at: path).joined(separator: " "))'"
      text += " -- \"$current\"));;\n"
    }
    text += "  esac\n}\ncomplete -o filenames -F \(function) \(name)\n"
    return text
  }

  private func zshCompletion() -> String {
    // zsh reads bash's completions; one script less to be wrong, and the descriptions are in the help.
    "#compdef \(name)\nautoload -U +X bashcompinit && bashcompinit\n" + bashCompletion()
  }

  private func fishCompletion() -> String {
    func quoted(_ text: String) -> String {
      "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
    var text = "# fish completion of \(name)\ncomplete -c \(name) -f\n"
    for path in places {
      let below = path.last?.commands ?? commands
      var condition = path.map { "__fish_seen_subcommand_from \($0.name)" }
      if !below.isEmpty {
        condition.append("not __fish_seen_subcommand_from \(below.map(\.name).joined(separator: " "))")
      }
      let test = condition.isEmpty ? "" : " -n " + quoted(condition.joined(separator: "; and "))
      for command in below {
        text += "complete -c \(name)\(test) -a \(command.name) -d \(quoted(command.summary))\n"
      }
      if (path.last?.positionals ?? positionals).contains(where: { $0.kind == .path }) {
        text += "complete -c \(name)\(test) -F\n"
      }
      let own = path.map { "__fish_seen_subcommand_from \($0.name)" }.joined(separator: "; and ")
      for option in path.last?.options ?? options {
        text += "complete -c \(name)" + (own.isEmpty ? "" : " -n " + quoted(own)) + " -l \(option.name)"
        if let letter = option.letter { text += " -s \(letter)" }
        switch option.kind {
        case .flag: break
        case .path: text += " -r -F"
        case .choice(let words): text += " -x -a " + quoted(words.joined(separator: " "))
        case .text, .integer, .number, .duration: text += " -x"
        }
        text += " -d \(quoted(option.help))\n"
      }
    }
    text += "complete -c \(name) -s h -l help -d 'show help'\ncomplete -c \(name) -l version -d 'show the version'\n"
    return text
  }
}
