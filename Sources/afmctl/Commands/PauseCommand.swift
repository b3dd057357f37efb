import CommandTable
import ScoringAPI

/// `afmctl pause`: stops learning, not scoring.
enum PauseCommand: Subcommand {
  static let declaration = Command(
    name: "pause", summary: "pause learning; scoring goes on",
    discussion: ["The state survives a restart of the daemon; 'afmctl resume' ends it."])

  static func run(_ session: Session) throws(Failure) {
    try change(LearningRequest(state: .paused), session)
  }

  /// Asks for a state of learning and shows what came of it.
  static func change(_ request: LearningRequest, _ session: Session) throws(Failure) {
    let answer = try session.daemon.ask(.learning, try session.encode(request))
    try session.show(answer) { () throws(Failure) in
      "learning is \(StatusText.learning(try session.decode(LearningStatus.self, answer)))\n"
    }
  }
}
