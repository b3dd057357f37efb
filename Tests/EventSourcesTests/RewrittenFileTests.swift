import Foundation
import Testing

@testable import EventSources

/// A followed file may be emptied, and have more bytes than before when it is looked at next.
@Suite struct RewrittenFileTests {
  let files: FileFixture

  init() throws {
    files = try FileFixture()
  }

  func lines(_ range: Range<Int>) -> String { range.map { "line \($0)\n" }.joined() }

  /// Rewrites the file in place, as a shell does.
  func rewrite(_ text: String) throws {
    try files.write(text, to: ".new")
    try files.shell("cat events.ndjson.new > events.ndjson; rm events.ndjson.new")
  }

  @Test(arguments: [0, 3]) func aFileThatWasEmptiedAndRefilledIsNotReadFromItsMiddle(unfinished: Int) throws {
    try files.write(lines(0..<200) + String(repeating: "x", count: unfinished))
    var (source, collected) = try files.follow()
    collected.take(200, from: source)
    collected.wait(500, for: source)
    try rewrite(lines(1000..<1400))
    collected.wait(500, for: source)
    #expect(collected.records.count == 200)
    #expect(collected.problem?.kind == .positionLost)
    #expect(collected.problem?.message.contains("`earliest`, `latest`") == true)
    // It stays so until somebody chooses.
    let again = #expect(throws: SourceProblem.self) { try files.follow(at: collected.position) }
    #expect(again?.needsPosition == true)
    var (second, rest) = try files.follow(at: collected.position, missing: .earliest)
    rest.take(400, from: second)
    #expect(rest.texts.first == "line 1000" && rest.texts.count == 400)
  }

  @Test func norIsOneThatIsRewrittenBetweenTwoReads() throws {
    // More than is read at once, so that more is to come although the end was never reached.
    try files.write(lines(0..<50_000))
    var (source, collected) = try files.follow()
    collected.take(10, from: source, maximum: 10)
    try rewrite(lines(100_000..<200_000))
    collected.take(60_000, from: source, maximum: 1000)
    #expect(collected.problem?.kind == .positionLost)
    #expect(collected.texts == (0..<collected.records.count).map { "line \($0)" })
  }

  @Test func norIsOneThatHasItsOldLengthAgain() throws {
    try files.write(lines(100..<200))
    var (source, collected) = try files.follow()
    collected.take(100, from: source)
    collected.wait(500, for: source)
    try rewrite(lines(300..<400))
    collected.wait(500, for: source)
    #expect(collected.problem?.kind == .positionLost && collected.records.count == 100)
  }

  @Test func aFileThatOnlyGrowsIsReadOn() throws {
    try files.write("")
    var (source, collected) = try files.follow()
    var expected: [String] = []
    for round in 0..<30 {
      // Short and long lines, whole and in parts.
      let text = String(repeating: "\(round)", count: 1 + round * round)
      expected.append(text)
      try files.append(String(text.prefix(round)))
      collected.wait(100, for: source)
      try files.append(text.dropFirst(round) + "\n")
      collected.take(1, from: source)
    }
    #expect(collected.texts == expected)
  }
}
