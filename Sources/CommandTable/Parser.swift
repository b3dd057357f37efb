import Spelling

extension Program {
  /// Reads a command line.
  ///
  /// Options may stand before, between and after operands; `--` ends them. `-h` and `--help` anywhere ask for help on
  /// the command so far, `--version` for the version.
  ///
  /// - Parameter arguments: the words after the program's name.
  /// - Throws: `UsageProblem`, whose text is for standard error and whose exit code is 64.
  public func parse(_ arguments: [String]) throws(UsageProblem) -> Invocation {
    var reader = CommandLineReader(program: self, words: arguments[...])
    return try reader.read()
  }
}

struct CommandLineReader {
  let program: Program
  var words: ArraySlice<String>
  var result = Arguments()
  var path: [Command] = []
  var operands: [String] = []

  init(program: Program, words: ArraySlice<String>) {
    self.program = program
    self.words = words
  }

  private var knownOptions: [CommandOption] { path.reversed().flatMap(\.options) + program.options }
  private var knownCommands: [Command] { path.last?.commands ?? program.commands }
  private var called: String { ([program.name] + path.map(\.name)).joined(separator: " ") }

  mutating func read() throws(UsageProblem) -> Invocation {
    while let word = words.popFirst() {
      if word == "--" {
        operands += words
        words = []
      } else if word == "--help" || word == "-h" {
        return .show(program.help(for: path))
      } else if word == "--version", !knownOptions.contains(where: { $0.name == "version" }) {
        return .show("\(program.name) \(program.version)\n")
      } else if word.hasPrefix("--") {
        try readLong(word.dropFirst(2))
      } else if word.hasPrefix("-"), word.count > 1, Double(word) == nil {
        try readLetters(word.dropFirst())
      } else if !knownCommands.isEmpty {
        try enter(word)
      } else {
        operands.append(word)
      }
    }
    result.command = path.map(\.name)
    try assignOperands()
    try complete()
    return .run(result)
  }

  private mutating func enter(_ word: String) throws(UsageProblem) {
    guard let command = knownCommands.first(where: { $0.name == word }) else {
      throw problem(
        "unknown command '\(word)'" + Self.hint(for: word, among: knownCommands.map(\.name)))
    }
    path.append(command)
  }

  private mutating func readLong(_ text: Substring) throws(UsageProblem) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    guard let option = knownOptions.first(where: { $0.name == name }) else {
      let names = knownOptions.map(\.name) + ["help", "version"]
      throw problem("unknown option '--\(name)'" + Self.hint(for: name, among: names, prefix: "--"))
    }
    let attached = parts.count > 1 ? String(parts[1]) : nil
    try set(option, attached: attached, shown: "--\(name)")
  }

  private mutating func readLetters(_ text: Substring) throws(UsageProblem) {
    var rest = text
    while let letter = rest.popFirst() {
      guard let option = knownOptions.first(where: { $0.letter == letter }) else {
        throw problem("unknown option '-\(letter)'")
      }
      if option.kind == .flag {
        try set(option, attached: nil, shown: "-\(letter)")
      } else {
        let attached = rest.isEmpty ? nil : String(rest.first == "=" ? rest.dropFirst() : rest)
        try set(option, attached: attached, shown: "-\(letter)")
        return
      }
    }
  }

  private mutating func set(_ option: CommandOption, attached: String?, shown: String) throws(UsageProblem) {
    if option.kind == .flag {
      guard attached == nil else { throw problem("option '\(shown)' takes no value") }
      result.options[option.name] = []
      return
    }
    guard let value = attached ?? words.popFirst() else {
      throw problem("option '\(shown)' needs a value: \(option.valueText ?? "")")
    }
    try check(value, option.kind, "option '\(shown)'")
    if !option.repeats, result.options[option.name] != nil { throw problem("option '\(shown)' is given twice") }
    result.options[option.name, default: []].append(value)
  }

  private mutating func assignOperands() throws(UsageProblem) {
    guard knownCommands.isEmpty else {
      throw problem(
        operands.isEmpty
          ? "which command? One of: \(knownCommands.map(\.name).joined(separator: ", "))"
          : "unknown command '\(operands[0])'")
    }
    var left = operands[...]
    for positional in path.last?.positionals ?? program.positionals {
      let taken = positional.repeats ? Array(left) : Array(left.prefix(1))
      left = left.dropFirst(taken.count)
      if taken.isEmpty, !positional.optional { throw problem("\(positional.name) is missing: \(positional.help)") }
      for value in taken { try check(value, positional.kind, positional.name) }
      if !taken.isEmpty { result.positionals[positional.name] = taken }
    }
    if let extra = left.first { throw problem("'\(extra)' is one argument too many") }
  }

  private mutating func complete() throws(UsageProblem) {
    for option in knownOptions where result.options[option.name] == nil {
      if let value = option.defaultValue {
        result.options[option.name] = [value]
      } else if option.required {
        throw problem("option '--\(option.name)' must be given: \(option.help)")
      }
    }
  }

  private func check(_ value: String, _ kind: CommandOption.Kind, _ subject: String) throws(UsageProblem) {
    switch kind {
    case .flag, .text: break
    case .path: if value.isEmpty { throw problem("\(subject) takes a path, not an empty text") }
    case .integer(let range):
      guard let number = Int(value), range.contains(number) else {
        let end = range.upperBound == Int.max ? "" : " to \(range.upperBound)"
        throw problem("\(subject) takes a whole number from \(range.lowerBound)\(end), not '\(value)'")
      }
    case .number(let least):
      guard let number = Double(value), number.isFinite, number >= least else {
        throw problem("\(subject) takes a number, at least \(least), not '\(value)'")
      }
    case .duration(let least):
      guard let seconds = Arguments.seconds(of: value), seconds >= least else {
        throw problem("\(subject) takes a time such as 1.5, 500ms, 30s, 10m or 1h, at least \(least) s, not '\(value)'")
      }
    case .choice(let words):
      guard words.contains(value) else {
        throw problem(
          "\(subject) is one of \(words.joined(separator: ", ")), not '\(value)'"
            + Self.hint(for: value, among: words))
      }
    }
  }

  /// `; did you mean 'x'?`, or nothing where no name is near.
  private static func hint(for word: String, among names: [String], prefix: String = "") -> String {
    guard let name = Spelling.nearest(to: word, among: names) else { return "" }
    return "; did you mean '\(prefix)\(name)'?"
  }

  private func problem(_ text: String) -> UsageProblem {
    UsageProblem("\(called): \(text)\nTry '\(called) --help'.")
  }
}
