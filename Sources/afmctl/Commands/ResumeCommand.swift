import CommandTable
import ScoringAPI

/// `afmctl resume`: goes on learning.
enum ResumeCommand: Subcommand {
  static let declaration = Command(
    name: "resume", summary: "go on learning",
    discussion: [
      "Where learning stopped by itself a position must be chosen, and 'afmctl status' names the choices: earliest and "
        + "latest where the saved position is gone, keep (go on where reading stood) and rewind (go back to the "
        + "position of the model that is being served) otherwise."
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
