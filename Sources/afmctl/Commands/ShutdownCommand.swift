import CommandTable
import ScoringAPI

/// `afmctl shutdown`: an orderly end.
enum ShutdownCommand: Subcommand {
  static let declaration = Command(
    name: "shutdown", summary: "end the daemon: stop learning, take a last snapshot, exit",
    discussion: ["The command ends when the shutdown has begun. Under systemd use 'systemctl stop afmd' instead."])

  static func run(_ session: Session) throws(Failure) {
    let answer = try session.daemon.ask(.shutdown)
    try session.show(answer) { () throws(Failure) in
      let report = try session.decode(ShutdownReport.self, answer)
      return "shutting down with \(HumanText.counted(report.eventsLearned, "event")) learned\n"
    }
  }
}
