import Foundation
import Testing

@testable import EventSources

/// A rotated file may be compressed while it is looked for, or read.
@Suite struct CompressedRotationTests {
  let files: FileFixture
  let lines = (0..<20_000).map { "line \($0) \($0 &* 2_654_435_761)" }

  init() throws {
    files = try FileFixture()
  }

  /// A position in the middle of a file that was rotated since; the compressed one is at hand as `whole`.
  func rotated() throws -> SourcePosition {
    try files.write(lines.joined(separator: "\n") + "\n")
    var (source, collected) = try files.follow()
    collected.take(10_000, from: source, maximum: 1000)
    try files.shell("mv events.ndjson events.ndjson.1; gzip -c events.ndjson.1 > whole")
    try files.write("new\n")
    return collected.position
  }

  @Test(arguments: [0, 1, 5, 3000]) func thePlainFileIsTakenWhileItIsBeingCompressed(bytes: Int) throws {
    let position = try rotated()
    try files.shell("head -c \(bytes) whole > events.ndjson.1.gz")
    var (source, rest) = try files.follow(at: position)
    rest.take(5000, from: source, maximum: 1000)
    try files.shell("mv whole events.ndjson.1.gz; rm events.ndjson.1")
    rest.take(5001, from: source, maximum: 1000)
    rest.wait(10_000, for: source)
    #expect(rest.texts == lines[10_000...] + ["new"])
  }

  @Test(arguments: [0, 1, 5, 3000]) func anIncompleteFileIsWaitedFor(bytes: Int) throws {
    let position = try rotated()
    try files.shell("rm events.ndjson.1; head -c \(bytes) whole > events.ndjson.1.gz")
    let problem = #expect(throws: SourceProblem.self) { try files.follow(at: position) }
    #expect(problem?.isTransient == true && problem?.message.contains("events.ndjson.1.gz") == true)
    // Told where to go on, nobody waits.
    var (told, all) = try files.follow(at: position, missing: .earliest)
    all.take(1, from: told)
    #expect(all.texts == ["new"])
    try files.shell("mv whole events.ndjson.1.gz")
    var (source, rest) = try files.follow(at: position)
    rest.take(10_001, from: source, maximum: 1000)
    #expect(rest.texts == lines[10_000...] + ["new"])
  }

  @Test func aFileThatEndsEarlyWhileItIsReadIsReadOnWhenItIsWhole() throws {
    let position = try rotated()
    try files.shell(
      "rm events.ndjson.1; head -c $(( $(stat -c %s whole) * 3 / 4 )) whole > events.ndjson.1.gz")
    var (source, rest) = try files.follow(at: position)
    rest.take(10_001, from: source, maximum: 1000)
    #expect(rest.problem?.isTransient == true && rest.problem?.kind == .unreadable)
    #expect(rest.records.count > 1000 && rest.records.count < 9000)
    try files.shell("mv whole events.ndjson.1.gz")
    rest.take(10_001 - rest.records.count, from: source, maximum: 1000)
    #expect(rest.texts == lines[10_000...] + ["new"])
    #expect(rest.position.recordsLearned == 20_001)
  }

  @Test func onePutAwayIncompleteLongAgoIsNotWaitedForButNamed() throws {
    let position = try rotated()
    try files.shell(
      "rm events.ndjson.1; head -c 3000 whole > events.ndjson.1.gz; touch -d '1 hour ago' events.ndjson.1.gz")
    let problem = #expect(throws: SourceProblem.self) { try files.follow(at: position) }
    #expect(problem?.kind == .otherSource && problem?.message.contains("events.ndjson.1.gz") == true)
  }

  @Test func aFileIsFoundAlthoughNoNewOneWasBegun() throws {
    let position = try rotated()
    try files.shell("rm events.ndjson")
    var (source, rest) = try files.follow(at: position)
    rest.take(10_000, from: source, maximum: 1000)
    #expect(rest.texts == Array(lines[10_000...]))
  }

  @Test func theCompressedCopyOfAFileThatWasReadIsNotReadAgain() throws {
    let position = try rotated()
    var (source, rest) = try files.follow(at: position)
    rest.take(10_001, from: source, maximum: 1000)
    try files.shell("gzip events.ndjson.1; touch events.ndjson.1.gz; mv events.ndjson.1.gz events.ndjson.2.gz")
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("newest\n")
    rest.take(1, from: source)
    rest.wait(10_000, for: source)
    // Nor after a start that knows the file before only by its first bytes.
    try files.shell("mv events.ndjson events.ndjson.0")
    try files.write("last\n")
    var (second, last) = try files.follow(at: rest.position)
    last.take(1, from: second)
    last.wait(10_000, for: second)
    #expect(rest.texts + last.texts == lines[10_000...] + ["new", "newest", "last"])
  }
}
