import Glibc
import JSONReading
import Observability
import ScoringAPI

/// Requests and answers as lines of JSON: `{"op":"score","id":7,"instances":[...]}` in, `{"id":7,"predictions":...}`
/// out.
final class LineConversation: Conversation {
  private let maximumBytes: Int
  /// Used by one call after the other, on the loop's thread, so that exclusive access need not be checked at run time.
  @exclusivity(unchecked) private var partial: [UInt8] = []
  /// `{"id":...` of the command that is under way.
  private var pendingHead: [UInt8] = []

  private static let newline = UInt8(ascii: "\n")
  private static let keptCapacity = 256 << 10

  init(limits: ServerLimits) {
    maximumBytes = limits.bodyBytes
  }

  var isBetweenRequests: Bool { partial.isEmpty }

  func advance(_ input: UnsafeRawBufferPointer, _ connection: Connection) -> Int {
    let end = Self.lineEnd(input)
    let length = end ?? input.count
    guard partial.count + length <= maximumBytes else {
      refuse(.tooLarge("a line is longer than \(maximumBytes) bytes"), connection)
      connection.server.metrics.record(nil, status: 413, since: monotonicNanoseconds())
      connection.closeAfterOutput()
      return input.count
    }
    guard let end else {
      partial.append(contentsOf: input)
      return input.count
    }
    if partial.isEmpty {
      answer(UnsafeRawBufferPointer(rebasing: input[..<end]), connection)
    } else {
      partial.append(contentsOf: input[..<end])
      answerPartial(connection)
    }
    return end + 1
  }

  func end(_ connection: Connection) {
    if !partial.isEmpty { answerPartial(connection) }
  }

  func complete(_ answer: CommandRunner.Answer, _ connection: Connection) {
    connection.output.append(contentsOf: pendingHead)
    if answer.status < 400 {
      connection.output.append(UInt8(ascii: ","))
      connection.output.append(contentsOf: answer.body.dropFirst())
    } else {
      connection.output.append(contentsOf: ",\"error\":".utf8)
      connection.output.append(contentsOf: answer.body)
      connection.output.append(UInt8(ascii: "}"))
    }
    connection.output.append(Self.newline)
  }

  func refuse(_ problem: Problem, _ connection: Connection) {
    var text = JSONText()
    text.append("{\"id\":null")
    Self.write(problem, to: &text)
    connection.append(text)
  }

  private func answerPartial(_ connection: Connection) {
    let line = partial
    partial = []
    line.withUnsafeBytes { answer($0, connection) }
    if line.capacity <= Self.keptCapacity {
      partial = line
      partial.removeAll(keepingCapacity: true)
    }
  }

  private func answer(_ line: UnsafeRawBufferPointer, _ connection: Connection) {
    guard line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\t") })
    else { return }
    let started = monotonicNanoseconds()
    let server = connection.server
    server.text.removeAll()
    var endpoint: Endpoint?
    var status = 200
    do throws(Problem) {
      let isAnswered = try answer(line, &endpoint, &server.text, connection, since: started)
      if !isAnswered { return }
    } catch {
      Self.write(error, to: &server.text)
      status = error.status
    }
    connection.append(server.text)
    server.metrics.record(endpoint, status: status, since: started)
  }

  /// Writes the answer of a line that is answered at once, or has the command run that it asks for.
  ///
  /// - Parameters:
  ///   - line: the line, without its line feed.
  ///   - endpoint: set to what the line asks for, as soon as that is known.
  ///   - text: an empty text; where this throws, it holds `{"id":...`, for the problem to follow.
  ///   - connection: where the line came from.
  ///   - started: when the line was there.
  /// - Returns: whether the answer is written.
  private func answer(
    _ line: UnsafeRawBufferPointer, _ endpoint: inout Endpoint?, _ text: inout JSONText, _ connection: Connection,
    since started: UInt64
  ) throws(Problem) -> Bool {
    let service = connection.server.service
    text.append("{\"id\":")
    let root: JSONValue
    do throws(Problem) {
      root = try service.parse(line)
    } catch {
      text.append("null")
      throw error
    }
    if let id = root.member("id") { text.append(id) } else { text.append("null") }
    let asked = try Self.endpoint(root)
    endpoint = asked
    try connection.check(asked)
    let headEnd = text.count
    guard asked.isImmediate else {
      let command = try CommandRunner.Command(asked, root, snapshot: nil, isLine: true)
      pendingHead = text.bytes
      connection.run(command, asked, since: started)
      return false
    }
    do throws(Problem) {
      try service.answer(asked, root, isLine: true, into: &text)
    } catch {
      text.truncate(to: headEnd)
      throw error
    }
    // What the service wrote is an object; its members go on in the object that holds the id.
    text.replace(at: headEnd, with: UInt8(ascii: ","))
    text.append("\n")
    return true
  }

  /// The name that nearly all lines have, compared without making a string.
  private static func isScore(_ name: UnsafeRawBufferPointer) -> Bool {
    let score: StaticString = "score"
    return name.hasSameBytes(as: UnsafeRawBufferPointer(start: score.utf8Start, count: score.utf8CodeUnitCount))
  }

  /// Where the first line feed is.
  private static func lineEnd(_ input: UnsafeRawBufferPointer) -> Int? {
    guard let start = input.baseAddress, let end = memchr(start, Int32(newline), input.count) else { return nil }
    return UnsafeRawPointer(end) - start
  }

  private static func endpoint(_ root: JSONValue) throws(Problem) -> Endpoint {
    guard root.kind == .object else { throw .badRequest("a line is a JSON object") }
    guard let value = root.member("op") else { throw .badRequest("op is missing", field: "op") }
    guard let name = value.stringBytes else { throw .badRequest("op is not a string", field: "op") }
    if isScore(name) { return .score }
    guard let endpoint = Endpoint(rawValue: String(decoding: name, as: UTF8.self)), endpoint.hasLine else {
      let known = Endpoint.allCases.filter(\.hasLine).map(\.rawValue).joined(separator: ", ")
      throw .badRequest("op is not one of \(known)", field: "op")
    }
    return endpoint
  }

  /// Writes a problem behind its `{"id":...`, and ends the line.
  private static func write(_ problem: Problem, to text: inout JSONText) {
    text.append(",\"error\":")
    problem.write(to: &text)
    text.append("}\n")
  }
}
