import Foundation
import Testing

@testable import EventSources

/// A writer may go on in a file that was renamed under it.
@Suite struct SlowWriterTests {
  let files: FileFixture

  init() throws {
    files = try FileFixture()
  }

  @Test func aWriterThatGoesOnInTheRenamedFileLosesNothing() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("new\n")
    for line in 0..<4 {
      collected.wait(4000, for: source)
      try files.append("late \(line)\n", to: ".1")
    }
    #expect(collected.texts == ["one", "late 0", "late 1", "late 2"])
    #expect(collected.last == .idle(caughtUp: false))
    #expect(source.sight()?.ends == [0: 36] && source.sight()?.identity == collected.position.identity)
    collected.take(2, from: source)
    #expect(collected.texts == ["one", "late 0", "late 1", "late 2", "late 3", "new"])
    #expect(files.warnings == [])
  }

  @Test func whatIsWrittenAfterwardsIsSaidWithItsBytesAndNotLearned() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("new\n")
    collected.take(1, from: source)
    try files.append("too late\n", to: ".1")
    collected.wait(2000, for: source)
    #expect(collected.texts == ["one", "new"])
    #expect(files.warnings.count == 1)
    #expect(files.warnings.first?.contains("bytes 4 to 12 of \(files.path)") == true)
    #expect(source.standing == files.warnings.first)
    // Also after a start that knows only where the file was left; and it is no file that comes next.
    try files.append("later still\n", to: ".1")
    try files.shell("mv events.ndjson.1 events.ndjson.2; mv events.ndjson events.ndjson.1")
    try files.shell("touch -d '1 hour' events.ndjson.2")
    try files.write("newest\n")
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(1, from: second)
    #expect(rest.texts == ["newest"])
    #expect(files.warnings.last?.contains("bytes 4 to 24 of \(files.path).2") == true)
  }

  @Test func everyFileIsReadInItsTurnHoweverOftenItIsRenamedMeanwhile() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    for line in 2...4 {
      try files.shell(
        "for n in 3 2 1; do [ ! -e events.ndjson.$n ] || mv events.ndjson.$n events.ndjson.$((n+1)); done; "
          + "mv events.ndjson events.ndjson.1")
      try files.write("\(line)\n")
      collected.wait(1000, for: source)
      // The first one's writer is the last to notice.
      try files.append("still \(line)\n", to: ".\(line - 1)")
      collected.wait(1000, for: source)
    }
    collected.take(3, from: source, patience: 1000)
    #expect(collected.texts == ["one", "still 2", "still 3", "still 4", "2", "3", "4"])
  }

  /// However long it wrote nothing before: by the times of the files they were left long ago.
  @Test(arguments: [
    "mv events.ndjson events.ndjson.1; echo new >events.ndjson", "ln -s b next; echo new >b; mv -T next events.ndjson",
  ])
  func anIdleWriterIsWaitedForAfterARotationThatWasSeen(_ rotation: String) throws {
    try files.write("one\n", to: ".1")
    let isLink = rotation.hasPrefix("ln")
    try files.shell(isLink ? "ln -s events.ndjson.1 events.ndjson" : "mv events.ndjson.1 events.ndjson")
    files.clock.ahead.withLock { $0 = 10_000_000_000 }
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    try files.shell(rotation)
    collected.wait(1000, for: source)
    try files.append("late\n", to: ".1")
    collected.take(2, from: source)
    #expect(collected.texts == ["one", "late", "new"])
    #expect(files.warnings == [])
  }

  @Test func filesThatWereLeftLongAgoAreNotWaitedFor() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    source.close()
    for age in (1...5).reversed() {
      try files.shell("mv events.ndjson events.ndjson.\(age); touch -d '\(age) hours ago' events.ndjson.\(age)")
      try files.write("\(age)\n")
    }
    files.clock.ahead.withLock { $0 = 10_000_000_000 }
    var (second, rest) = try files.follow(at: collected.position)
    rest.take(5, from: second)
    #expect(rest.texts == ["5", "4", "3", "2", "1"])
    #expect(files.clock.milliseconds < 2000)
  }

  @Test func theLastLineOfARotatedFileNeedsNoEnd() throws {
    try files.write("one\nhal")
    var (source, collected) = try files.follow()
    collected.wait(1000, for: source)
    try files.shell("mv events.ndjson events.ndjson.1")
    try files.write("new\n")
    collected.wait(3000, for: source)
    try files.append("f", to: ".1")
    collected.wait(3000, for: source)
    #expect(collected.texts == ["one"])
    collected.take(2, from: source)
    #expect(collected.texts == ["one", "half", "new"])
  }

  @Test func whatIsWrittenToAnyFileThatWasLeftIsSaid() throws {
    try files.write("one\n")
    var (source, collected) = try files.follow()
    collected.take(1, from: source)
    for text in ["two", "three"] {
      try files.shell(
        "[ ! -e events.ndjson.1 ] || mv events.ndjson.1 events.ndjson.2; mv events.ndjson events.ndjson.1")
      try files.write("\(text)\n")
      collected.take(1, from: source)
    }
    try files.append("late\n", to: ".2")
    collected.wait(2000, for: source)
    try files.append("later\n", to: ".1")
    collected.wait(5000, for: source)
    #expect(collected.texts == ["one", "two", "three"])
    #expect(files.warnings.map { $0.contains("bytes 4 to 8 of ") } == [true, false])
    #expect(files.warnings.last?.contains("bytes 4 to 9 of ") == true)
    #expect(source.standing?.contains("bytes 4 to 8 of ") == true)
    #expect(source.standing?.contains("bytes 4 to 9 of ") == true)
    // Until the next rotation.
    try files.shell("mv events.ndjson events.ndjson.0")
    try files.write("four\n")
    collected.take(1, from: source)
    collected.wait(1000, for: source)
    #expect(collected.texts.last == "four" && source.standing == nil)
  }
}
