extension Program {
  /// The help text of the program, or of a command named by the commands that lead to it. At most 80 columns wide where
  /// the words allow it; ends in a line feed.
  public func help(for path: [Command] = []) -> String {
    let last = path.last
    var text = "Usage: \(usage(of: path))\n\n"
    text += Self.wrapped((last?.summary ?? summary) + ".", indent: 0) + "\n"
    for paragraph in last?.discussion ?? discussion { text += "\n" + Self.wrapped(paragraph, indent: 0) + "\n" }
    let operands = last?.positionals ?? positionals
    if !operands.isEmpty {
      text += "\nArguments:\n" + Self.table(operands.map { ($0.usage, $0.help) })
    }
    let below = last?.commands ?? commands
    if !below.isEmpty { text += "\nCommands:\n" + Self.table(below.map { ($0.name, $0.summary) }) }
    let own = path.reversed().flatMap(\.options)
    if !own.isEmpty { text += "\nOptions:\n" + Self.table(own.map(Self.row)) }
    let always = options.map(Self.row) + [("-h, --help", "show this help"), ("    --version", "show the version")]
    text += (path.isEmpty ? "\nOptions:\n" : "\nOptions of every command:\n") + Self.table(always)
    if path.isEmpty {
      if !examples.isEmpty {
        text += "\nExamples:\n"
        for example in examples { text += "  \(example.line)\n      \(example.meaning)\n" }
      }
      if !exitCodes.isEmpty {
        text += "\nExit codes:\n" + Self.table(exitCodes.map { (String($0.code), $0.meaning) })
      }
    }
    return text
  }

  /// `afmctl snapshots show [OPTIONS] ID`.
  func usage(of path: [Command]) -> String {
    var words = [name] + path.map(\.name)
    let options = path.reversed().flatMap(\.options) + self.options
    words += options.filter(\.required).map { "--\($0.name) \($0.valueText ?? "")" }
    if options.contains(where: { !$0.required }) { words.append("[OPTIONS]") }
    words += (path.last?.positionals ?? positionals).map(\.usage)
    if !(path.last?.commands ?? commands).isEmpty { words.append("COMMAND") }
    return words.joined(separator: " ")
  }

  private static func row(_ option: CommandOption) -> (String, String) {
    var left = option.letter.map { "-\($0), " } ?? "    "
    left += "--" + option.name
    if let value = option.valueText { left += " " + value }
    var right = option.help
    if let value = option.defaultValue { right += " (default: \(value))" }
    if option.repeats { right += " (may be repeated)" }
    return (left, right)
  }

  static func table(_ rows: [(String, String)]) -> String {
    let width = min(28, rows.map(\.0.count).max() ?? 0)
    var text = ""
    for (left, right) in rows {
      let lines = wrapped(right, indent: width + 4)
      if left.count > width {
        text += "  \(left)\n\(lines)\n"
      } else {
        text += "  " + left + String(repeating: " ", count: width - left.count) + "  "
        text += lines.drop { $0 == " " } + "\n"
      }
    }
    return text
  }

  static func wrapped(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + 1 + word.count > 80 {
        lines.append(margin + line)
        line = ""
      }
      line += line.isEmpty ? word : " " + word
    }
    lines.append(margin + line)
    return lines.joined(separator: "\n")
  }
}
