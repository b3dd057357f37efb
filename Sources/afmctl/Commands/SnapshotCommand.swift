import CommandTable
import ScoringAPI

/// `afmctl snapshot`: takes one now.
enum SnapshotCommand: Subcommand {
  static let declaration = Command(
    name: "snapshot", summary: "take a snapshot now and print its number",
    discussion: ["It is on disk and durable when the number is printed."])

  static func run(_ session: Session) throws(Failure) {
    let answer = try session.daemon.ask(.snapshot)
    try session.show(answer) { () throws(Failure) in
      "\(try session.decode(SnapshotSummary.self, answer).id)\n"
    }
  }
}
