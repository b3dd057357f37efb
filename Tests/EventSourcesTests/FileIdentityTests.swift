import Foundation
import Testing

@testable import EventSources

/// Which file a position belongs to is known from what was read of it.
@Suite struct FileIdentityTests {
  let files: FileFixture

  init() throws {
    files = try FileFixture()
  }

  func lines(_ range: Range<Int>) -> String { range.map { "line \($0)\n" }.joined() }

  @Test(arguments: [MissingPositionPolicy.earliest, .latest])
  func aFileThatWasEmptyIsFoundAfterARotation(from: MissingPositionPolicy) throws {
    try files.write("")
    let (source, collected) = try files.follow(from: from)
    source.close()
    try files.append(lines(0..<100))
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write(lines(100..<150))
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(150, from: second)
    #expect(rest.texts == (0..<150).map { "line \($0)" })
  }

  @Test func aFileThatWasEmptyAndCannotBeFoundIsAskedFor() throws {
    try files.write("")
    let (source, collected) = try files.follow()
    source.close()
    try files.append(lines(0..<100))
    try files.shell("mv events.ndjson events.ndjson.1; gzip events.ndjson.1")
    try files.write(lines(100..<150))
    let problem = #expect(throws: SourceProblem.self) { try files.follow(at: collected.position) }
    #expect(problem?.kind == .otherSource && problem?.message.contains("events.ndjson.1.gz") == true)
    // Where nothing else was written, the file at the path is it, whoever made it.
    try files.shell("rm events.ndjson.1.gz")
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(50, from: second)
    #expect(rest.texts.first == "line 100" && rest.texts.count == 50)
  }

  @Test func aSuccessorHasAnIdentityOnceItHasBytes() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    let first = collected.position.identity
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("")
    collected.wait(10_000, for: source)
    #expect(collected.position.identity == first)
    // A stop here loses nothing, whatever comes next.
    try files.append(lines(0..<100))
    try files.shell("mv events.ndjson.1 events.ndjson.2; mv events.ndjson events.ndjson.1")
    try files.write(lines(100..<150))
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(150, from: second, patience: 1000)
    #expect(rest.texts == (0..<150).map { "line \($0)" })
    #expect(rest.position.fileBefore != nil && rest.position.identity != first)
  }

  @Test func identitiesOfEarlierVersionsAreUnderstood() throws {
    let empty = "head:0:2d06800538d394c2"
    #expect(FileIdentity(text: empty) == .empty(nil) && FileIdentity.empty(nil).text == empty)
    try files.write(lines(0..<3))
    // At the beginning it is that of whatever file is there.
    var place = PartitionPosition(partition: 0, nextOffset: 0)
    var (source, collected) = try files.follow(at: SourcePosition(kind: .file, identity: empty, partitions: [place]))
    collected.take(2, from: source)
    #expect(collected.texts == ["line 0", "line 1"])
    #expect(FileIdentity(text: collected.position.identity)?.isOfEmptyFile == false)
    // Further on the last line tells the file, and without one nothing does.
    collected.position.identity = empty
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(1, from: second)
    #expect(rest.texts == ["line 2"])
    place.nextOffset = 7
    let unknown = SourcePosition(kind: .file, identity: empty, partitions: [place])
    let problem = #expect(throws: SourceProblem.self) { try files.follow(at: unknown) }
    #expect(problem?.kind == .otherSource)
  }

  @Test func aSmallFileIsNotTakenForTheOneBeforeItThatBeganAlike() throws {
    try files.write("header\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    try files.append("one\n")
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("header\ntwo\n")
    collected.take(3, from: source)
    source.close()
    for line in ["three", "four"] {
      try files.shell(
        "for n in 3 2 1; do [ ! -e events.ndjson.$n ] || mv events.ndjson.$n events.ndjson.$((n+1)); done; "
          + "mv events.ndjson events.ndjson.1")
      try files.write("header\n\(line)\n")
    }
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(4, from: second, patience: 1000)
    #expect(collected.texts == ["header", "one", "header", "two"])
    #expect(rest.texts == ["header", "three", "header", "four"])
  }

  @Test func aPipeIsRefusedWithTheRemedy() throws {
    try #require(mkfifo(files.path, 0o600) == 0)
    let problem = #expect(throws: SourceProblem.self) { try files.follow() }
    #expect(problem?.kind == .configuration && problem?.message.contains("source.kind be stdin") == true)
    try files.shell("rm events.ndjson; mkdir events.ndjson")
    let other = #expect(throws: SourceProblem.self) { try files.follow() }
    #expect(other?.kind == .configuration && other?.message.contains("is a directory") == true)
  }

  @Test func aFewBytesAreRememberedAsMoreOnceTheFileHasThem() throws {
    try files.write("header\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    let short = collected.position.identity
    try files.append(lines(0..<1000))
    collected.take(1000, from: source)
    let identity = try #require(FileIdentity(text: collected.position.identity))
    #expect(short.hasPrefix("head:7:") && !identity.isShort)
    #expect(collected.position.fileBefore == nil)
    // Another file that begins alike and has the same line in that place.
    let last = try #require(collected.records.last)
    let filler = String(repeating: "x", count: Int(last.offset) - 8)
    try files.shell("rm events.ndjson")
    try files.write("header\n" + filler + "\nline 999\n")
    let problem = #expect(throws: SourceProblem.self) { try files.follow(at: collected.position) }
    #expect(problem?.kind == .otherSource)
  }

  @Test func whatIsNoIdentityIsRefused() {
    for text in ["", "head:10", "head:5000:0a", "head:-1:0a", "head:1:x", "empty:1.2:x", "empty:1:2", "tail:1:0a"] {
      #expect(FileIdentity(text: text) == nil)
    }
    let empty = "empty:1.2:3"
    #expect(FileIdentity(text: empty)?.text == empty)
  }
}
