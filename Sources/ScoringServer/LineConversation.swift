import JSONReading
import Observability
import ScoringAPI

/// Requests and answers as lines of JSON: `{"op":"score","id":7,"instances":[...]}` in, `{"id":7,"predictions":...}`
/// out.
final class LineConversation: Conversation {
  private let maximumBytes: Int
  private var partial: [UInt8] = []
  /// `{"id":...,` of the command that is under way.
  private var pendingHead: [UInt8] = []

  private static let newline = UInt8(ascii: "\n")
  private static let keptCapacity = 256 << 10

  init(limits: ServerLimits) {
    maximumBytes = limits.bodyBytes
  }

  var isBetweenRequests: Bool { partial.isEmpty }

  func advance(_ input: UnsafeRawBufferPointer, _ connection: Connection) -> Int {
    let end = input.firstIndex(of: Self.newline)
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
    finish(answer.body, isProblem: answer.status >= 400, connection)
  }

  func refuse(_ problem: Problem, _ connection: Connection) {
    connection.output.append(contentsOf: "{\"id\":null,".utf8)
    write(problem, connection)
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
    var endpoint: Endpoint?
    let headStart = connection.output.count
    do throws(Problem) {
      server.text.removeAll()
      server.text.append("{\"id\":")
      let root: JSONValue
      do throws(Problem) {
        root = try server.service.parse(line)
        if let id = root.member("id") { server.text.append(id) } else { server.text.append("null") }
      } catch {
        server.text.append("null")
        server.text.append(",")
        connection.output.append(contentsOf: server.text.bytes)
        throw error
      }
      server.text.append(",")
      connection.output.append(contentsOf: server.text.bytes)
      let asked = try Self.endpoint(root)
      endpoint = asked
      try connection.check(asked)
      server.text.removeAll()
      if asked.isImmediate {
        _ = try server.service.answer(asked, root, isLine: true, into: &server.text)
        finish(server.text.bytes, isProblem: false, connection)
        server.metrics.record(asked, status: 200, since: started)
      } else {
        let command = try CommandRunner.Command(asked, root, snapshot: nil, isLine: true)
        pendingHead = Array(connection.output[headStart...])
        connection.output.removeLast(pendingHead.count)
        connection.run(command, asked, since: started)
      }
    } catch {
      write(error, connection)
      server.metrics.record(endpoint, status: error.status, since: started)
    }
  }

  private static func endpoint(_ root: JSONValue) throws(Problem) -> Endpoint {
    guard root.kind == .object else { throw .badRequest("a line is a JSON object") }
    guard let value = root.member("op") else { throw .badRequest("op is missing", field: "op") }
    guard let name = value.stringBytes else { throw .badRequest("op is not a string", field: "op") }
    if name.elementsEqual("score".utf8) { return .score }
    guard let endpoint = Endpoint(rawValue: String(decoding: name, as: UTF8.self)), endpoint.hasLine else {
      let known = Endpoint.allCases.filter(\.hasLine).map(\.rawValue).joined(separator: ", ")
      throw .badRequest("op is not one of \(known)", field: "op")
    }
    return endpoint
  }

  private func write(_ problem: Problem, _ connection: Connection) {
    var text = JSONText()
    problem.write(to: &text)
    finish(text.bytes, isProblem: true, connection)
  }

  /// Writes the body of an answer behind its `{"id":...,`: its members where it is an answer, under `error` where it
  /// is a problem.
  private func finish(_ body: [UInt8], isProblem: Bool, _ connection: Connection) {
    if isProblem {
      connection.output.append(contentsOf: "\"error\":".utf8)
      connection.output.append(contentsOf: body)
      connection.output.append(UInt8(ascii: "}"))
    } else {
      connection.output.append(contentsOf: body[1...])
    }
    connection.output.append(Self.newline)
  }
}
