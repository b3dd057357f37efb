import CommandTable
import JSONReading
import ScoringAPI

/// `afmctl rank`: which of many candidates the model puts first.
enum RankCommand: Subcommand {
  static let declaration = Command(
    name: "rank", summary: "rank candidates against one context, the best first",
    discussion: [
      "CONTEXT holds the fields that all candidates share, and each CANDIDATE those of its own; together they make an "
        + "instance. A field belongs to the context or to the candidates. Without CANDIDATE operands the candidates are "
        + "read from --file or standard input, one a line."
    ],
    options: [
      CommandOption(
        "context", letter: "c", kind: .path, valueName: "FILE",
        help: "read the context from here; every operand is a candidate then"),
      InstanceArguments.option,
      CommandOption("top", kind: .integer(1...Int.max), valueName: "N", help: "show only the N best"),
    ],
    positionals: [
      Positional("CONTEXT", optional: true, help: "the fields that all candidates share, a JSON object"),
      Positional("CANDIDATE", optional: true, repeats: true, help: "the fields of one candidate, a JSON object"),
    ])

  /// The candidates, and where they were found.
  private struct Candidates {
    var instances: [InstanceReader.Instance]
    /// The name of the file; nil for operands.
    var name: String?
  }

  static func run(_ session: Session) throws(Failure) {
    let operands = try operands(session)
    let files = [session.arguments.value("context"), session.arguments.value("file") ?? "-"]
    if operands.isEmpty, files.allSatisfy({ $0 == "-" }) {
      throw Failure(.usage, "context and candidates cannot both be read from standard input")
    }
    let context = try context(session, operands)
    let candidates = try candidates(session, Array(operands.dropFirst(context.taken)))
    let body = request(context.json, candidates.instances, top: session.arguments.integer("top"))
    let answer: [UInt8]
    do {
      answer = try session.daemon.ask(.rank, body)
    } catch {
      guard let name = candidates.name, let place = place(in: error.field),
        candidates.instances.indices.contains(place)
      else { throw error }
      throw Failure(error.code, "\(name), line \(candidates.instances[place].line): \(error.message)")
    }
    try session.show(answer) { () throws(Failure) in
      text(of: try session.decode(RankAnswer.self, answer), candidates.instances.map(\.json))
    }
  }

  static func text(of answer: RankAnswer, _ candidates: [[UInt8]]) -> String {
    var table = TextTable(
      headings: ["place", "score", "raw", "unknown", "candidate"], alignments: [.right, .right, .right, .right, .left])
    for (place, ranked) in answer.candidates.enumerated() {
      let known = candidates.indices.contains(ranked.position)
      table.append(
        "\(place + 1)", ranked.score.map { HumanText.decimals($0, 6) } ?? "not finite",
        ranked.raw.map { HumanText.decimals(Double($0), 6) } ?? "not finite", "\(ranked.unknown)",
        known ? String(decoding: candidates[ranked.position], as: UTF8.self) : "\(ranked.position)")
    }
    return table.rows.isEmpty ? "no candidates\n" : table.text
  }

  private static func operands(_ session: Session) throws(Failure) -> [[UInt8]] {
    let reader = JSONReader(maximumBytes: 64 << 20, maximumDepth: 64)
    let texts = [session.arguments.positional("CONTEXT")].compactMap { $0 } + session.arguments.positionals("CANDIDATE")
    var operands: [[UInt8]] = []
    for (place, text) in texts.enumerated() {
      let json = Array(text.utf8)
      try InstanceReader.check(json, reader, "operand \(place + 1)")
      operands.append(json)
    }
    return operands
  }

  /// The context, and how many of the operands it took.
  private static func context(
    _ session: Session, _ operands: [[UInt8]]
  ) throws(Failure) -> (json: [UInt8], taken: Int) {
    guard let path = session.arguments.value("context") else {
      guard let first = operands.first else {
        throw Failure(.usage, "the context is missing: give CONTEXT, a JSON object, or --context FILE")
      }
      return (first, 1)
    }
    let input = try InputBytes.open(path)
    guard let instance = try InstanceReader(input).next() else {
      throw Failure(.badData, "\(input.name): there is no context")
    }
    return (instance.json, 0)
  }

  private static func candidates(_ session: Session, _ operands: [[UInt8]]) throws(Failure) -> Candidates {
    let path = session.arguments.value("file")
    if !operands.isEmpty {
      guard path == nil else {
        throw Failure(.usage, "candidates are given as operands or in --file, not both")
      }
      return Candidates(instances: operands.map { .init(json: $0, line: 1) })
    }
    let input = try InputBytes.open(path)
    let reader = InstanceReader(input)
    var instances: [InstanceReader.Instance] = []
    while let instance = try reader.next() { instances.append(instance) }
    return Candidates(instances: instances, name: input.name)
  }

  private static func request(
    _ context: [UInt8], _ candidates: [InstanceReader.Instance], top: Int?
  ) -> [UInt8] {
    var body = Array("{\"context\":".utf8) + context + Array(",\"candidates\":[".utf8)
    body += candidates.map(\.json).joined(separator: ",".utf8)
    body.append(UInt8(ascii: "]"))
    if let top { body += Array(",\"top\":\(top)".utf8) }
    body.append(UInt8(ascii: "}"))
    return body
  }

  /// The 3 of `candidates[3].dest`.
  private static func place(in field: String?) -> Int? {
    guard let field, field.hasPrefix("candidates[") else { return nil }
    return Int(field.dropFirst("candidates[".count).prefix { $0.isNumber })
  }
}
