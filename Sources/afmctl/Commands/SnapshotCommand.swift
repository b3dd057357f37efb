import CommandTable
import ScoringAPI

/// `afmctl snapshot`: takes one now.
enum SnapshotCommand: Subcommand {
  static let declaration = Command(
    name: "snapshot", summary: "take a snapshot now and print its number",
    discussion: [
      "It is on disk and durable when the number is printed. It holds what changed since the one before, where the "
        + "settings allow that and it is worth it."
    ],
    options: [CommandOption("full", help: "hold all rows, so that it needs no other snapshot")])

  static func run(_ session: Session) throws(Failure) {
    let request = SnapshotRequest(full: session.arguments.flag("full"))
    let answer = try session.daemon.ask(.snapshot, request.full ? try session.encode(request) : nil)
    try session.show(answer) { () throws(Failure) in
      "\(try session.decode(SnapshotSummary.self, answer).id)\n"
    }
  }
}
