import Foundation
import Testing
import Threads

@testable import Observability

@Suite struct LogTests {
  private func lines(level: LogLevel = .debug, format: LogFormat = .journal, _ body: (Log) -> Void) -> [String] {
    let lines = Lock<[String]>([])
    body(Log(level: level, format: format) { line in lines.withLock { $0.append(line) } })
    return lines.withLock { $0 }
  }

  @Test func writesNameValuePairs() {
    let written = lines { $0.notice("snapshot written", ["snapshot": 42, "seconds": 1.25, "empty": ""]) }
    #expect(written == ["<5>message=\"snapshot written\" snapshot=42 seconds=1.25 empty=\"\"\n"])
  }

  @Test func textBeginsWithTimeAndLevel() {
    let line = LogLine.text(
      level: .warning, message: "slow", fields: [], format: .text,
      time: timespec(tv_sec: 1_700_000_000, tv_nsec: 4_000_000))
    #expect(line == "time=2023-11-14T22:13:20.004Z level=warning message=slow\n")
  }

  @Test func aValueCannotForgeALineOrMoveTheCursor() {
    let hostile = "a\n<0>message=\"forged\"\u{1B}[2J\u{202E}\u{0}\u{85}\\ ü"
    let written = lines { $0.info("x", ["value": hostile]) }
    #expect(
      written == [
        "<6>message=x value=\"a\\n<0>message=\\\"forged\\\"\\u{001b}[2J\\u{202e}\\u{0000}\\u{0085}\\\\ ü\"\n"
      ])
  }

  @Test func longValuesAreCut() throws {
    let written = lines { $0.info("x", ["value": String(repeating: "a", count: 100_000)]) }
    let line = try #require(written.first)
    #expect(line.utf8.count < 5000)
    #expect(line.contains("(cut, 100000 bytes)"))
  }

  @Test func levelHoldsAndChangesForAllFromOneLog() {
    let written = lines(level: .warning) { log in
      let child = log.with(["model": "main"])
      child.info("not seen")
      log.level = .debug
      child.debug("seen", ["n": 1])
      #expect(child.level == .debug)
    }
    #expect(written == ["<7>message=seen n=1 model=main\n"])
    #expect(LogLevel.debug < LogLevel.error)
  }

  @Test func belowTheLevelNothingIsEvaluated() {
    func fail() -> String {
      Issue.record("evaluated")
      return ""
    }
    _ = lines(level: .error) { $0.info(fail()) }
  }

  @Test func knowsTheJournalByItsStream() throws {
    var status = stat()
    try #require(fstat(STDERR_FILENO, &status) == 0)
    let stream = "\(status.st_dev):\(status.st_ino)"
    #expect(LogFormat.automatic.resolved(environment: ["JOURNAL_STREAM": stream]) == .journal)
    #expect(LogFormat.automatic.resolved(environment: ["JOURNAL_STREAM": "1:1"]) == .text)
    #expect(LogFormat.automatic.resolved(environment: [:]) == .text)
    #expect(LogFormat.journal.resolved(environment: [:]) == .journal)
  }

  @Test func writesToADescriptor() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    Log(level: .info, format: .journal, descriptor: ends[1]).info("hello")
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = read(ends[0], &bytes, bytes.count)
    close(ends[0])
    #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "<6>message=hello\n")
  }
}
