import BenchmarkSupport
import Testing

@Suite("Checks of what is measured")
struct MeasuringChecksTests {
  private static let score =
    "\"predictions\":[{\"score\":0.22,\"raw\":-1.26,\"unknown\":0}],\"model\":{\"name\":\"main\"}}\n"
  private static let line = "{\"id\":1,\(score)"
  private static let error = "{\"id\":3,\"error\":{\"status\":400,\"title\":\"Bad request\",\"detail\":\"no\"}}\n"
  private static let ranking =
    "{\"candidates\":[{\"position\":2,\"score\":0.27,\"raw\":-0.99,\"unknown\":0}],\"model\":{}}\n"

  private func passes(_ text: String, _ check: (UnsafeRawBufferPointer) throws -> Void) -> Bool {
    var text = text
    return text.withUTF8 { bytes in (try? check(UnsafeRawBufferPointer(bytes))) != nil }
  }

  @Test("scores are told from errors")
  func scores() {
    #expect(passes(Self.line, AnswerCheck.isScore))
    #expect(passes("{" + Self.score, AnswerCheck.isScore))
    #expect(passes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: afmd\r\n\r\n{}", AnswerCheck.isScore))
    #expect(!passes("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}", AnswerCheck.isScore))
    for text in [Self.error, Self.ranking, "", "{", "\n", String(Self.line.dropLast())] {
      #expect(!passes(text, AnswerCheck.isScore))
    }
  }

  @Test("rankings are told from errors")
  func rankings() {
    #expect(passes(Self.ranking, AnswerCheck.isRanking))
    for text in [Self.error, Self.line, ""] { #expect(!passes(text, AnswerCheck.isRanking)) }
  }

  @Test("every line of a pipelined answer counts")
  func pipelined() {
    #expect(passes(Self.line + Self.line) { try AnswerCheck.areScores($0, 2) })
    #expect(!passes(Self.line + Self.error) { try AnswerCheck.areScores($0, 2) })
    #expect(!passes(Self.error + Self.line) { try AnswerCheck.areScores($0, 2) })
    #expect(!passes(Self.line + Self.line) { try AnswerCheck.areScores($0, 3) })
    #expect(!passes(Self.line + Self.line) { try AnswerCheck.areScores($0, 1) })
  }

  @Test("a counter that counts nothing proves nothing")
  func allocations() throws {
    #expect(throws: BenchmarkProblem.self) { try AllocationCheck.isCounted { 0 } }
    var count: UInt64 = 0
    try AllocationCheck.isCounted {
      count += 1
      return count
    }
  }

  /// Nothing may be signalled for it: without a process there is no id, and 0 means every process of this one's group.
  @Test("a daemon that does not start is an error and nothing more")
  func failedStart() {
    #expect(throws: (any Error).self) { try DaemonProcess(settings: "no settings") }
  }
}
