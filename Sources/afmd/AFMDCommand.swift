import CommandTable
import Configuration
import Daemon
import Glibc
import Version

/// The command line of `afmd`.
enum AFMDCommand {
  private static let program = Program(
    name: "afmd", summary: "keeps an attentional factorization machine fresh and answers scoring requests",
    discussion: [
      "afmd reads labeled events from Kafka, a file or standard input, learns from each one once, in order, as it "
        + "arrives, and answers scoring requests over a Unix socket while it learns. afmctl(1) operates it.",
      "SIGTERM and SIGINT end it after a last snapshot.",
    ],
    version: SoftwareVersion.number,
    options: [
      CommandOption(
        "config", letter: "c", kind: .path, valueName: "FILE", defaultValue: "/etc/afmd.yaml", help: "the settings"),
      CommandOption("check", help: "check the settings, print them and the memory they take, and end"),
      CommandOption(
        "fresh",
        help: "set what the state directory holds aside and begin with a fresh model; to be given once, by hand"),
    ],
    examples: [
      ("afmd --config /etc/afmd.yaml --check", "say what is wrong with the settings, and what they take"),
      ("afmd --config /etc/afmd.yaml --fresh", "begin anew where no snapshot can be started from"),
    ],
    exitCodes: [
      (0, "ended as asked, with its last snapshot"), (64, "the command line is wrong"),
      (65, "no snapshot can be started from"), (69, "a socket or the state directory is in use"),
      (74, "the state directory cannot be read or written"), (78, "the settings are wrong"),
    ],
    files: [("/etc/afmd.yaml", "the settings; the one that comes with the program is their manual")],
    environment: [("AFM_KERNEL", "the kernel to compute with: scalar, base, v3, v4 or neon; by default the fastest")],
    seeAlso: ["afmctl(1)"], section: 8)

  /// Runs the program; returns its exit code.
  static func run(_ arguments: [String], _ environment: [String: String]) -> Int32 {
    do throws(UsageProblem) {
      switch try program.parse(arguments) {
      case .show(let text):
        write(text, to: STDOUT_FILENO)
        return ExitCode.success.rawValue
      case .run(let arguments):
        return run(arguments, environment)
      }
    } catch {
      write("\(error)\n", to: STDERR_FILENO)
      return UsageProblem.exitCode
    }
  }

  private static func run(_ arguments: Arguments, _ environment: [String: String]) -> Int32 {
    let settings: DaemonSettings
    do throws(ConfigurationProblems) {
      settings = try DaemonSettings.load(path: arguments.value("config") ?? "/etc/afmd.yaml", environment: environment)
    } catch {
      write("\(error)\n", to: STDERR_FILENO)
      return ExitCode.configuration.rawValue
    }
    if arguments.flag("check") {
      write("\(settings.describe())\nmemory:\n\(MemoryEstimate(settings).describe())\n", to: STDOUT_FILENO)
      return ExitCode.success.rawValue
    }
    do throws(DaemonProblem) {
      try Daemon(settings, environment: environment, beginsAnew: arguments.flag("fresh")).run()
      return ExitCode.success.rawValue
    } catch {
      write("afmd: \(error)\n", to: STDERR_FILENO)
      return error.exitCode.rawValue
    }
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
