import CommandTable
import ScoringAPI

/// `afmctl score`: what the model predicts.
enum ScoreCommand: Subcommand {
  static let declaration = Command(
    name: "score", summary: "score one instance, or each line of a file, and print one score a line",
    discussion: [
      "Instances are JSON objects, one a line; members that the schema does not name, such as a label, are ignored. "
        + "With --json or --get there is one answer for each instance."
    ],
    options: [InstanceArguments.option], positionals: [InstanceArguments.positional])

  /// Instances of one request, and their bytes, at most; below the daemon's limits unless those were made small.
  private static let batchSize = 64
  private static let batchBytes = 1 << 18

  static func run(_ session: Session) throws(Failure) {
    if let instance = try InstanceArguments.operand(session) {
      return try score([.init(json: instance, line: 1)], session, name: nil)
    }
    let input = try InputBytes.open(session.arguments.value("file"))
    let reader = InstanceReader(input)
    var batch: [InstanceReader.Instance] = []
    var bytes = 0
    while let instance = try next(reader, orScore: batch, session, input.name) {
      bytes += instance.json.count
      batch.append(instance)
      let isFull = batch.count >= batchSize || bytes >= batchBytes || !session.isForPeople
      // Whoever feeds us line by line waits for each answer.
      if isFull || !reader.holdsInstance {
        try score(batch, session, name: input.name)
        batch.removeAll(keepingCapacity: true)
        bytes = 0
        if !reader.holdsInstance { try session.output.flush() }
      }
    }
    if !batch.isEmpty { try score(batch, session, name: input.name) }
  }

  /// The next instance; before a line that is none is reported, those before it get their scores.
  private static func next(
    _ reader: InstanceReader, orScore batch: [InstanceReader.Instance], _ session: Session, _ name: String
  ) throws(Failure) -> InstanceReader.Instance? {
    do {
      return try reader.next()
    } catch {
      if !batch.isEmpty { try score(batch, session, name: name) }
      throw error
    }
  }

  private static func score(_ batch: [InstanceReader.Instance], _ session: Session, name: String?) throws(Failure) {
    let body = Array("{\"instances\":[".utf8) + batch.map(\.json).joined(separator: ",".utf8) + Array("]}".utf8)
    let answer: [UInt8]
    do {
      answer = try session.daemon.ask(.score, body)
    } catch {
      guard let name, let place = index(in: error.field), batch.indices.contains(place) else { throw error }
      if place > 0 { try score(Array(batch[..<place]), session, name: name) }
      throw Failure(error.code, "\(name), line \(batch[place].line): \(error.message)")
    }
    try session.show(answer) { () throws(Failure) in
      let predictions = try session.decode(ScoreAnswer.self, answer).predictions
      return predictions.map { ($0.score.map { "\($0)" } ?? "not finite") + "\n" }.joined()
    }
  }

  /// The 3 of `instances[3].carrier`.
  static func index(in field: String?) -> Int? {
    guard let field, field.hasPrefix("instances[") else { return nil }
    return Int(field.dropFirst("instances[".count).prefix { $0.isNumber })
  }
}
