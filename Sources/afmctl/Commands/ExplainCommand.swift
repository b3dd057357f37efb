import CommandTable
import ScoringAPI

/// `afmctl explain`: what a score is made of.
enum ExplainCommand: Subcommand {
  static let declaration = Command(
    name: "explain", summary: "take the score of one instance apart: bias, features and pairs of features",
    discussion: [
      "Terms are in the units of the raw score (log-odds for log loss) and add up to it. The largest come first."
    ],
    options: [
      InstanceArguments.option,
      CommandOption("top", kind: .integer(1...Int.max), valueName: "N", help: "show only the N largest pairs"),
    ],
    positionals: [InstanceArguments.positional])

  static func run(_ session: Session) throws(Failure) {
    let instance = try InstanceArguments.single(session)
    let answer = try session.daemon.ask(.explain, InstanceArguments.request(instance))
    try session.show(answer) { () throws(Failure) in
      ExplanationText.text(
        of: try session.decode(ExplanationAnswer.self, answer), top: session.arguments.integer("top") ?? Int.max)
    }
  }
}
