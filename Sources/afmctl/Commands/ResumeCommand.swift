import CommandTable
import ScoringAPI

/// `afmctl resume`: goes on learning.
enum ResumeCommand: Subcommand {
  static let declaration = Command(
    name: "resume", summary: "go on learning",
    discussion: [
      "Where learning stopped because the saved position is gone, one must be chosen: earliest or latest. "
        + "'afmctl status' says why learning stopped and which positions may be chosen."
    ],
    options: [
      CommandOption(
        "position", kind: .choice(ResumePosition.allCases.map(\.rawValue)),
        help: "where to go on, where one must be chosen")
    ])

  static func run(_ session: Session) throws(Failure) {
    let position = session.arguments.value("position").flatMap(ResumePosition.init)
    try PauseCommand.change(LearningRequest(state: .running, position: position), session)
  }
}
