import CommandTable
import Fitting

/// `afmctl fit`: learns a model from files.
enum FitCommand: Subcommand {
  static let declaration = Command(
    name: "fit", summary: "learn a model from files, for a daemon to start from",
    discussion: [
      "Schema, learning and table come from the daemon's settings file. With one epoch, one event a batch and the files' "
        + "order the model is the one that the daemon learns from the same file, byte for byte.",
      "The snapshot in the output directory has no position: a daemon that starts from it learns on when it is told where "
        + "(source.on_missing_position, or 'afmctl resume --position').",
    ],
    options: [
      CommandOption(
        "config", letter: "c", kind: .path, valueName: "FILE", defaultValue: "/etc/afmd.yaml",
        help: "the daemon's settings"),
      CommandOption(
        "train-file", letter: "f", kind: .path, valueName: "FILE", repeats: true, required: true,
        help: "events to learn, plain, .gz, .xz or .zst"),
      CommandOption(
        "validation", kind: .path, valueName: "FILE", repeats: true,
        help: "events that tell which epoch is best, and when to stop"),
      CommandOption(
        "test", kind: .path, valueName: "FILE", repeats: true,
        help: "events that the best epoch is judged by at the end"),
      CommandOption(
        "judge", kind: .path, valueName: "FILE", repeats: true,
        help: "events that every epoch is judged by as well, which decides nothing; such as the training files"),
      CommandOption(
        "output", letter: "o", kind: .path, valueName: "DIR", required: true,
        help: "the state directory that takes the snapshot; made where it is missing"),
      CommandOption(
        "format", kind: .choice(["json", "libfm"]), help: "how lines are written; else as source.format says"),
      CommandOption(
        "epochs", letter: "e", kind: .integer(1...1_000_000), valueName: "N", defaultValue: "1",
        help: "how often the training files are learned at most"),
      CommandOption(
        "batch", letter: "b", kind: .integer(1...1_000_000), valueName: "N", defaultValue: "1",
        help: "events whose gradients are summed for one step"),
      CommandOption("shuffle", help: "an order of its own for every epoch; the default with several epochs"),
      CommandOption("no-shuffle", help: "the order of the files; the default with one epoch"),
      CommandOption(
        "patience", kind: .integer(1...1_000_000), valueName: "N",
        help: "end after so many epochs without a better validation loss"),
      CommandOption(
        "train", kind: .choice(["all", "attention"]), defaultValue: "all",
        help: "which parameters move: with attention only W, b, h, r and m"),
      CommandOption(
        "start-from", kind: .path, valueName: "SNAPSHOT",
        help: "take the parameters of this snapshot, or of this state directory's current one; the kind may differ"),
      CommandOption("keep-accumulators", help: "with --start-from: take Adagrad's sums too"),
      CommandOption("resume", help: "go on after the last epoch of an interrupted run"),
      CommandOption(
        "memory", kind: .integer(1...1_000_000), valueName: "MIB", defaultValue: "4096",
        help: "memory for encoded events, which spares later epochs the files"),
    ])

  static func run(_ session: Session) throws(Failure) {
    let settings = try FitSettings(session.arguments)
    Interrupt.watch()
    let progress = FitProgressLine()
    let report: FitReport
    do throws(FitProblem) {
      let fit = try Fit(settings, isCancelled: { Interrupt.isRequested }, notify: { progress.show($0) })
      report = try fit.run()
    } catch {
      progress.clear()
      throw Failure(error)
    }
    progress.clear()
    try session.show(try session.encode(report)) { FitText.summary(report) }
  }
}

extension Failure {
  /// Why fitting did not do what was asked.
  init(_ problem: FitProblem) {
    let code: ExitCode =
      switch problem.kind {
      case .settings, .data: .badData
      case .file, .snapshot: .inputOutput
      case .notFinite: .negative
      case .cancelled: .tryAgain
      }
    self.init(code, problem.message)
  }
}
