import CommandTable
import Foundation
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
      return try score([.init(json: instance, line: 1)], session, name: "INSTANCE")
    }
    let input = try InputBytes.open(session.arguments.value("file"))
    let reader = InstanceReader(input)
    var batch: [InstanceReader.Instance] = []
    var bytes = 0
    while let instance = try reader.next() {
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

  private static func score(_ batch: [InstanceReader.Instance], _ session: Session, name: String) throws(Failure) {
    let body = Array("{\"instances\":[".utf8) + batch.map(\.json).joined(separator: ",".utf8) + Array("]}".utf8)
    let answer: [UInt8]
    do {
      answer = try session.daemon.ask(.score, body)
    } catch {
      throw located(error, batch, name)
    }
    try session.show(answer) { () throws(Failure) in
      let predictions = try session.decode(ScoreAnswer.self, answer).predictions
      return predictions.map { ($0.score.map { "\($0)" } ?? "not finite") + "\n" }.joined()
    }
  }

  /// The same failure, said of the line that the instance at fault stands on.
  private static func located(_ failure: Failure, _ batch: [InstanceReader.Instance], _ name: String) -> Failure {
    guard name != "INSTANCE", let place = index(in: failure.message), place < batch.count else { return failure }
    return Failure(failure.code, "\(name), line \(batch[place].line): \(failure.message)")
  }

  /// The 3 of a message that names `instances[3]`.
  static func index(in message: String) -> Int? {
    guard let start = message.range(of: "instances[")?.upperBound else { return nil }
    return Int(message[start...].prefix { $0.isNumber })
  }
}
