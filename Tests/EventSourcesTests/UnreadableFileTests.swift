import Foundation
import Testing

@testable import EventSources

/// A file that not even root may read: it is there to be written to.
private let unreadable = "/proc/sys/vm/compact_memory"

/// A file that is there and cannot be opened is no file that is not there.
@Suite(.enabled(if: access(unreadable, F_OK) == 0, "needs a file that nobody may read"))
struct UnreadableFileTests {
  let files: FileFixture

  init() throws {
    files = try FileFixture()
  }

  // The one can be looked at and not opened; the other, a link to itself, not even that.
  @Test(arguments: [unreadable, "events.ndjson"])
  func anUnreadableSuccessorIsAProblemForAsLongAsItLasts(target: String) throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    try files.shell("mv events.ndjson events.ndjson.1; ln -s \(target) events.ndjson")
    collected.wait(10_000, for: source)
    for _ in 0..<3 {
      collected.wait(1000, for: source)
      #expect(collected.problem?.kind == .unreadable && collected.problem?.isTransient == true)
      #expect(collected.problem?.message.contains("cannot open \(files.path): ") == true)
    }
    // Its writer may not have noticed.
    try files.append("late\n", to: ".1")
    collected.take(1, from: source)
    collected.wait(1000, for: source)
    #expect(collected.texts == ["one", "late"] && collected.problem != nil)
    try files.shell("rm events.ndjson")
    try files.write("new\n")
    collected.take(1, from: source)
    collected.wait(1000, for: source)
    #expect(collected.texts == ["one", "late", "new"] && collected.last == .idle(caughtUp: true))
  }

  @Test func anUnreadableFileBetweenTwoIsWaitedForAndNamed() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    source.close()
    try files.shell("mv events.ndjson events.ndjson.2; touch -d '10 years ago' events.ndjson.2")
    try files.shell("ln -s \(unreadable) events.ndjson.1")
    try files.write("three\n")
    var (second, rest) = try files.follow(at: collected.position)
    rest.wait(10_000, for: second)
    #expect(rest.texts == [])
    #expect(rest.problem?.kind == .unreadable && rest.problem?.isTransient == true)
    #expect(rest.problem?.message.contains("cannot open \(files.path).1: ") == true)
    try files.shell("rm events.ndjson.1")
    try files.write("two\n", to: ".1")
    try files.shell("touch -d '30 minutes ago' events.ndjson.1")
    rest.take(2, from: second)
    #expect(rest.texts == ["two", "three"])
  }

  @Test func aStartWaitsForARotatedFileThatItMayNotRead() throws {
    try files.write("one\ntwo\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    source.close()
    try files.shell("mv events.ndjson kept; ln -s \(unreadable) events.ndjson.1")
    try files.write("three\n")
    let problem = #expect(throws: SourceProblem.self) { try files.follow(at: collected.position) }
    #expect(problem?.kind == .unreadable && problem?.isTransient == true)
    #expect(problem?.message.contains("cannot open \(files.path).1: ") == true)
    // One at the path keeps nobody from going on in the file of the position.
    try files.shell("rm events.ndjson.1; mv kept events.ndjson.1; rm events.ndjson")
    try files.shell("ln -s \(unreadable) events.ndjson")
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(1, from: second)
    #expect(rest.texts == ["two"])
  }

  @Test func aStartTellsThatItMayNotReadTheFile() throws {
    try files.shell("ln -s \(unreadable) events.ndjson")
    let problem = #expect(throws: SourceProblem.self) { try files.follow() }
    #expect(problem?.kind == .unreadable && problem?.isTransient == true)
    try files.shell("rm events.ndjson")
    let missing = #expect(throws: SourceProblem.self) { try files.follow() }
    #expect(missing?.kind == .missing && missing?.isTransient == true)
  }
}
