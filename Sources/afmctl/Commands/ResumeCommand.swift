import CommandTable
import Configuration
import ScoringAPI

/// `afmctl resume`: goes on learning.
enum ResumeCommand: Subcommand {
  static let declaration = Command(
    name: "resume", summary: "go on learning",
    discussion: [
      "Where learning stopped because the saved position is gone, or waits since the model was fitted to files and has "
        + "none, a position must be chosen. 'afmctl status' says why learning stopped.",
      "A position is earliest, latest, a time such as 2026-01-31T00:00:00Z (Kafka alone: each partition's first record "
        + "with that timestamp or a later one), or the offset of each partition that needs one, such as 0:120,1:99. Of a "
        + "file the offset is the byte at which a line begins.",
    ],
    options: [
      CommandOption(
        "position", kind: .text, valueName: "WHERE", help: "where to go on, where that must be chosen")
    ])

  static func run(_ session: Session) throws(Failure) {
    let position = session.arguments.value("position")
    if let position, StartPosition(text: position) == nil {
      throw Failure(.usage, "--position takes \(StartPosition.wanted), not '\(position)'")
    }
    try PauseCommand.change(LearningRequest(state: .running, position: position), session)
  }
}
