import Foundation
import Glibc
import Testing

@testable import EventSources

@Suite struct StandardInputSourceTests {
  @Test func linesComeAsTheyAreWritten() throws {
    let pipe = Pipe()
    // A program that another test starts must not keep the writing end: the stream would never come to its end.
    #expect(fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0)
    let source = StandardInputSource(descriptor: pipe.fileHandleForReading.fileDescriptor)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(1, from: source, patience: 1)
    #expect(collected.last == .idle(caughtUp: true))
    try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntw".utf8))
    collected.take(1, from: source)
    try pipe.fileHandleForWriting.write(contentsOf: Data("o\nthree".utf8))
    collected.take(1, from: source)
    #expect(collected.texts == ["one", "two"])
    try pipe.fileHandleForWriting.close()
    collected.take(2, from: source)
    #expect(collected.texts == ["one", "two", "three"])
    #expect(collected.last == .endOfStream)
    #expect(collected.position[0]?.nextOffset == 13)
    #expect(!source.needsOrderJournal)
  }

  @Test func itSaysThatNothingIsReadAgain() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data("more\n".utf8))
    let source = StandardInputSource(descriptor: pipe.fileHandleForReading.fileDescriptor)
    let position = SourcePosition(
      kind: .stdin, identity: "", partitions: [PartitionPosition(partition: 0, nextOffset: 100)])
    let report = try source.start(at: position, missing: .refuse, replaying: [])
    #expect(report.notes.first?.description.contains("cannot be read again") == true)
    var collected = Collected(report)
    collected.take(1, from: source)
    #expect(collected.position[0]?.nextOffset == 105)
    // A rewind goes on where the stream stands.
    let again = try source.start(at: position, missing: .refuse, replaying: [])
    #expect(again.position[0]?.nextOffset == 105)
    #expect(again.notes.count == 1)
  }

  @Test func aPositionOfAnotherKindIsRefused() throws {
    let source = StandardInputSource(descriptor: 0)
    let position = SourcePosition(kind: .kafka, identity: "c/t")
    let problem = #expect(throws: SourceProblem.self) {
      try source.start(at: position, missing: .refuse, replaying: [])
    }
    #expect(problem?.kind == .otherSource)
    let placed = #expect(throws: SourceProblem.self) {
      try source.start(at: position, missing: .offsets([0: 7]), replaying: [])
    }
    #expect(placed?.kind == .configuration)
  }
}
