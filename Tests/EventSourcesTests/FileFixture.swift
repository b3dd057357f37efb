import Foundation
import TestSupport
import Testing
import Threads

@testable import EventSources

/// A folder with a file that a test writes, rotates and reads.
struct FileFixture {
  let directory: TemporaryDirectory
  let clock = ManualClock()
  let notices = Lock<[SourceNotice]>([])
  var path: String { directory.path("events.ndjson") }

  init() throws {
    directory = try TemporaryDirectory()
  }

  func write(_ text: String, to suffix: String = "") throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + suffix))
  }

  func append(_ text: String, to suffix: String = "") throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path + suffix))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func shell(_ command: String) throws {
    let run = try ChildProcess.run("/bin/sh", ["-c", "cd '\(directory.path)' && \(command)"])
    try #require(run.status == 0, "\(command): \(run.errors)")
  }

  /// Starts to follow the file.
  func follow(
    at position: SourcePosition? = nil, missing: MissingPositionPolicy = .refuse,
    from: MissingPositionPolicy = .earliest
  ) throws -> (FileSource, Collected) {
    let settings = FileSourceSettings(path: path, follows: true, startsAt: from, clock: clock.fileClock)
    let source = try FileSource(settings) { [notices] notice in notices.withLock { $0.append(notice) } }
    return try (source, Collected(source.start(at: position, missing: missing, replaying: [])))
  }

  /// The warnings so far.
  var warnings: [String] { notices.withLock { $0.filter { $0.level == .warning }.map(\.message) } }
}

/// A clock that goes on only while somebody waits by it; files have the machine's times.
final class ManualClock: Sendable {
  let waited = Lock<Int64>(0)
  /// How far the wall clock is ahead of the machine's, in nanoseconds.
  let ahead = Lock<Int64>(0)

  var fileClock: FileClock {
    FileClock(
      milliseconds: { [waited] in waited.withLock { $0 } },
      wallNanoseconds: { [ahead] in FileClock.system.wallNanoseconds() + ahead.withLock { $0 } },
      wait: { [waited] milliseconds in waited.withLock { $0 += max(0, milliseconds) } })
  }

  var milliseconds: Int64 { waited.withLock { $0 } }
}

extension Collected {
  /// Looks for records for so many milliseconds of the fixture's clock.
  mutating func wait(_ milliseconds: Int, for source: FileSource) {
    take(.max - records.count, from: source, patience: milliseconds / 100)
  }

  /// The last answer's problem.
  var problem: SourceProblem? {
    if case .problem(let problem) = last { problem } else { nil }
  }
}
