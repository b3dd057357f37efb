@testable import CommandTable

/// A program with everything the table can declare.
let example = Program(
  name: "tool", summary: "operates things", discussion: ["It's a -tool- with a\\b."], version: "1.2",
  options: [
    CommandOption(
      "socket", letter: "s", kind: .path, valueName: "PATH", defaultValue: "/run/x.sock", help: "where it is"),
    CommandOption("json", help: "print JSON"),
  ],
  commands: [
    Command(
      name: "rollback", summary: "go back",
      options: [
        CommandOption("position", kind: .choice(["keep", "rewind"]), required: true, help: "which position"),
        CommandOption("rate", kind: .number(atLeast: 0), valueName: "N", help: "records per second"),
        CommandOption("count", letter: "n", kind: .integer(1...10), valueName: "N", help: "how many"),
        CommandOption("set", kind: .text, valueName: "K=V", repeats: true, help: "a property"),
        CommandOption("verbose", letter: "v", help: "say more"),
      ],
      positionals: [Positional("ID", kind: .integer(0...Int.max), help: "the snapshot")]),
    Command(
      name: "snapshots", summary: "look at snapshots",
      commands: [
        Command(name: "list", summary: "list them"),
        Command(
          name: "export", summary: "write one file",
          positionals: [
            Positional("ID", help: "the snapshot"),
            Positional("FILE", kind: .path, optional: true, repeats: true, help: "where to"),
          ]),
      ]),
  ],
  examples: [(line: "tool snapshots list", meaning: "list all snapshots")],
  exitCodes: [(code: 64, meaning: "the command line is wrong")],
  files: [(path: "/etc/tool", meaning: "settings")], environment: [(name: "TOOL", meaning: "does something")],
  seeAlso: ["other(8)"])
