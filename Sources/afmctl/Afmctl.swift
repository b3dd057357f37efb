import CommandTable
import Glibc
import Version

/// The program: its command table, and the way from a command line to a command.
enum Afmctl {
  /// Where the daemon listens unless told otherwise.
  static let defaultSocket = "/run/afmd/control.sock"

  /// The variable that tells otherwise.
  static let socketVariable = "AFMD_SOCKET"

  /// The commands at the top, in the order of the help.
  private static let commands: [any Subcommand.Type] = [
    StatusCommand.self, ReadyCommand.self, ScoreCommand.self, RankCommand.self, ExplainCommand.self,
    EncodeCommand.self, SnapshotCommand.self, RollbackCommand.self, PauseCommand.self, ResumeCommand.self,
    FitCommand.self, ProduceCommand.self, BenchCommand.self,
    ShutdownCommand.self, CompletionsCommand.self, ManCommand.self,
  ]

  /// The commands below `snapshots`.
  private static let snapshotsCommands: [any Subcommand.Type] = [
    SnapshotsListCommand.self, SnapshotsShowCommand.self, SnapshotsVerifyCommand.self, SnapshotsPinCommand.self,
    SnapshotsUnpinCommand.self, SnapshotsExportCommand.self, SnapshotsChooseCommand.self,
  ]

  /// The whole command line, declared.
  static var program: Program {
    var declarations = commands.map { $0.declaration }
    let group = Command(
      name: "snapshots", summary: "list, inspect, verify, pin, export and choose snapshots",
      discussion: [
        "With --directory they work on a state directory (the one that holds 'snapshots'), with or without a running daemon. "
          + "Without it list, pin and unpin ask the daemon; show, verify and export need the directory; choose needs it "
          + "and no daemon."
      ],
      commands: snapshotsCommands.map { $0.declaration })
    let place = declarations.firstIndex { $0.name == "rollback" } ?? declarations.endIndex
    declarations.insert(group, at: place)
    return Program(
      name: "afmctl", summary: "operate afmd, the daemon that keeps a factorization machine fresh",
      discussion: [
        "afmctl asks a running daemon over its control socket, prints what people want to read, and ends with an exit "
          + "code that scripts can use. With --json it prints exactly the daemon's answer, with --get one value of it."
      ],
      version: SoftwareVersion.number, options: options, commands: declarations, examples: examples,
      exitCodes: ExitCode.allCases.map { ($0.rawValue, $0.meaning) },
      files: [(defaultSocket, "the daemon's socket for operators")],
      environment: [
        (socketVariable, "the socket to use where --socket is not given"),
        (StateDirectory.variable, "the state directory to use where --directory is not given and one is needed"),
      ],
      seeAlso: ["afmd(8)", "afm-broker(1)"])
  }

  /// Reads a command line and does what it asks.
  static func run(_ words: [String], _ output: StandardOutput = StandardOutput()) -> ExitCode {
    // A reader that goes away shows as EPIPE where we write.
    signal(SIGPIPE, SIG_IGN)
    do {
      try dispatch(words, output)
      return .done
    } catch {
      if !error.message.isEmpty {
        _ = try? output.flush()
        printError("afmctl: \(error.message)\n")
      }
      return error.code
    }
  }

  private static func dispatch(_ words: [String], _ output: StandardOutput) throws(Failure) {
    let invocation: Invocation
    do {
      invocation = try program.parse(words)
    } catch {
      printError("\(error.description)\n")
      throw Failure(.usage)
    }
    switch invocation {
    case .show(let text): try output.write(text)
    case .run(let arguments):
      guard let command = command(arguments.command) else {
        throw Failure(.internalError, "no command '\(arguments.command.joined(separator: " "))'")
      }
      do {
        try command.run(try Session(arguments, output))
      } catch {
        // What was found so far is shown even where the rest failed.
        if error.code != .done { try output.flush() }
        throw error
      }
    }
    try output.flush()
  }

  private static func command(_ path: [String]) -> (any Subcommand.Type)? {
    let candidates = path.first == "snapshots" ? snapshotsCommands : commands
    return candidates.first { $0.declaration.name == path.last }
  }

  private static let options = [
    CommandOption(
      "socket", kind: .path, valueName: "PATH",
      help: "the daemon's socket; else \(socketVariable) of the environment, else \(defaultSocket)"),
    CommandOption("json", help: "print the answer as JSON, exactly as the daemon gives it"),
    CommandOption(
      "get", kind: .text, valueName: "PATH",
      help: "print one value of the JSON answer, such as progressive.whole_run.loss; exit 1 where there is none"),
  ]

  private static let examples = [
    ("afmctl status", "what the daemon does, has learned and how well"),
    ("afmctl status --get progressive.window.loss", "one number, for a script"),
    ("afmctl explain '{\"carrier\":\"UA\",\"origin\":\"EWR\"}'", "what a score is made of"),
    ("afmctl rank '{\"origin\":\"EWR\"}' '{\"carrier\":\"UA\"}' '{\"carrier\":\"AA\"}'", "which candidate is best"),
    ("afmctl snapshot", "take a snapshot now"),
    ("afmctl rollback 42 --position keep", "serve snapshot 42 again and go on with new events"),
    (
      "afmctl --socket /run/afmd/score.sock bench --rate 5000 --duration 30s --file events.ndjson",
      "what callers would feel at that rate"
    ),
    (
      "afmctl fit --config afmd.yaml --train-file train.ndjson.xz --validation valid.ndjson.xz --epochs 20 --batch 128 "
        + "--patience 3 --output state", "learn a first model from files"
    ),
    ("afmctl produce --bootstrap localhost:9092 --topic flights --file flights.ndjson.xz", "fill a topic"),
  ]
}
