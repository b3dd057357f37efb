import CommandTable
import ScoringAPI

/// `afmctl encode`: what the model sees of an event.
enum EncodeCommand: Subcommand {
  static let declaration = Command(
    name: "encode", summary: "show how one instance is encoded: field, value, hash, x, and whether the model knows it",
    options: [InstanceArguments.option], positionals: [InstanceArguments.positional])

  static func run(_ session: Session) throws(Failure) {
    let instance = try InstanceArguments.single(session)
    let answer = try session.daemon.ask(.encode, InstanceArguments.request(instance))
    try session.show(answer) { () throws(Failure) in
      text(of: try session.decode(EncodingAnswer.self, answer))
    }
  }

  static func text(of encoding: EncodingAnswer) -> String {
    var table = TextTable(
      headings: ["field", "value", "hash", "x", "known"], alignments: [.left, .left, .left, .right, .left])
    for feature in encoding.features {
      table.append(feature.field, feature.value, feature.hash, "\(feature.x)", feature.known ? "yes" : "no")
    }
    return table.rows.isEmpty ? "no features\n" : table.text
  }
}
