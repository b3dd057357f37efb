import Foundation
import Testing

@testable import EventSources

/// A path may lead back to a file that was read, or is being read: by renaming, or as a symbolic link.
@Suite struct FileReturnTests {
  let files: FileFixture

  init() throws {
    files = try FileFixture()
  }

  @Test func aFileThatIsRenamedBackIsNotLearnedTwice() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("new\n")
    collected.wait(200, for: source)
    // Back while the new one is still waiting for its turn.
    try files.shell("mv events.ndjson.1 events.ndjson")
    collected.wait(1000, for: source)
    #expect(source.standing?.contains("leads back to a file that is read already") == true)
    collected.wait(20_000, for: source)
    #expect(collected.texts == ["one", "new"])
    #expect(collected.last == .idle(caughtUp: false))
    #expect(source.standing?.contains("\(files.path) leads back") == true)
    #expect(files.warnings.count == 1)
    // The next file of its own ends that.
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("newest\n")
    collected.take(1, from: source)
    collected.wait(1000, for: source)
    #expect(collected.texts == ["one", "new", "newest"])
    #expect(source.standing == nil && collected.last == .idle(caughtUp: true))
  }

  @Test func aLinkThatIsSwitchedBackIsNotLearnedTwice() throws {
    try files.shell("echo one > a; echo two > b; ln -s a events.ndjson")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    try files.shell("ln -sfn b events.ndjson")
    collected.take(1, from: source)
    try files.shell("ln -sfn a events.ndjson")
    collected.wait(20_000, for: source)
    #expect(collected.texts == ["one", "two"])
    #expect(collected.last == .idle(caughtUp: false))
    #expect(source.standing?.contains("leads back to a file that is read already") == true)
    // What is read stands at the path again.
    try files.shell("ln -sfn b events.ndjson")
    collected.wait(1000, for: source)
    #expect(source.standing == nil && collected.last == .idle(caughtUp: true))
    // Written anew it is another file, whatever it is called, and grows like one.
    try files.shell("echo three > a; ln -sfn a events.ndjson")
    collected.take(1, from: source)
    try files.shell("echo four >> a")
    collected.take(1, from: source)
    collected.wait(5000, for: source)
    #expect(collected.texts == ["one", "two", "three", "four"])
    #expect(source.standing == nil && files.warnings.count == 1)
  }
}
