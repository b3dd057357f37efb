import CommandTable
import ScoringAPI

/// `afmctl rollback`: goes back to a snapshot while serving.
enum RollbackCommand: Subcommand {
  static let declaration = Command(
    name: "rollback", summary: "serve an earlier snapshot again, at once and without a pause",
    discussion: [
      "The position must be chosen: with keep, reading goes on where it stands and what was learned since the snapshot "
        + "is skipped for good; with rewind, it is read and learned again. A rollback keeps the state of learning "
        + "(running, paused) that it finds, and is durable when this command ends."
    ],
    options: [
      CommandOption(
        "position", kind: .choice(RollbackMode.allCases.map(\.rawValue)), required: true,
        help: "what becomes of the events learned since: skip them, or learn them again")
    ],
    positionals: [Positional("ID", help: "the snapshot to go back to")])

  static func run(_ session: Session) throws(Failure) {
    guard let position = session.arguments.value("position").flatMap(RollbackMode.init) else {
      throw Failure(.usage, "--position must be keep or rewind")
    }
    let request = RollbackRequest(snapshot: try session.snapshot(), position: position)
    let answer = try session.daemon.ask(.rollback, try session.encode(request))
    try session.show(answer) { () throws(Failure) in
      text(of: try session.decode(RollbackReport.self, answer))
    }
  }

  static func text(of report: RollbackReport) -> String {
    let abandoned = HumanText.counted(report.eventsAbandoned, "event") + " learned since"
    let fate =
      switch report.position {
      case .keep: "skipped for good"
      case .rewind: "gone from the model; reading goes back to the snapshot's position"
      }
    let order = report.orderGone == true ? "the order journal no longer holds their order: they get a new one\n" : ""
    return "serving snapshot \(report.restored) again (\(HumanText.counted(report.eventsLearned, "event")) learned), "
      + "as snapshot \(report.snapshot)\n\(abandoned): \(fate)\n\(order)"
      + "learning is \(StatusText.learning(report.learning))\n"
  }
}
