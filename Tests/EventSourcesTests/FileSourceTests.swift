import Foundation
import TestSupport
import Testing

@testable import EventSources

@Suite struct FileSourceTests {
  let directory: TemporaryDirectory
  var path: String { directory.path("events.ndjson") }

  init() throws {
    directory = try TemporaryDirectory()
  }

  func write(_ text: String, to path: String? = nil) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path ?? self.path))
  }

  func append(_ text: String, to path: String? = nil) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path ?? self.path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func shell(_ command: String) throws {
    let process = try ChildProcess(
      path: "/bin/sh", arguments: ["-c", "cd '\(directory.path)' && \(command)"], output: "/dev/null",
      errors: "/dev/null")
    try #require(process.wait() == 0, "\(command)")
  }

  func start(
    _ settings: FileSourceSettings? = nil, at position: SourcePosition? = nil,
    missing: MissingPositionPolicy = .refuse
  ) throws -> (FileSource, Collected) {
    let source = try FileSource(settings ?? FileSourceSettings(path: path))
    return try (source, Collected(source.start(at: position, missing: missing, replaying: [])))
  }

  @Test func everyLineIsARecord() throws {
    try write("one\ntwo\r\n\nfour")
    var (source, collected) = try start()
    collected.take(100, from: source)
    #expect(collected.texts == ["one", "two", "", "four"])
    #expect(collected.records.map(\.offset) == [0, 4, 9, 10])
    #expect(collected.records.map(\.nextOffset) == [4, 9, 10, 14])
    #expect(collected.last == .endOfStream)
    #expect(source.sight()?.ends == [0: 14] && source.sight()?.identity == collected.position.identity)
  }

  @Test func aSavedPositionGoesOn() throws {
    let lines = (0..<5000).map { "line \($0)" }
    try write(lines.joined(separator: "\n") + "\n")
    for maximum in [1, 7, 1000] {
      var (source, collected) = try start()
      collected.take(1234, from: source, maximum: maximum)
      let (second, report) = try start(at: collected.position)
      var rest = report
      #expect(rest.position == collected.position)
      rest.take(10_000, from: second, maximum: maximum)
      #expect(collected.texts + rest.texts == lines)
      #expect(rest.position.recordsLearned == 5000)
    }
  }

  @Test(arguments: ["gzip -k", "xz -k", "zstd -q"]) func aCompressedFileIsTheSameStream(_ tool: String) throws {
    let lines = (0..<5000).map { "line \($0)" }
    try write(lines.joined(separator: "\n") + "\n")
    try shell("\(tool) events.ndjson")
    let suffix = ["gzip -k": "gz", "xz -k": "xz", "zstd -q": "zst"][tool] ?? ""
    let settings = FileSourceSettings(path: path + "." + suffix)
    // A position in the plain file is one in the compressed file, and the other way round.
    var (source, collected) = try start()
    collected.take(3000, from: source)
    var (second, rest) = try start(settings, at: collected.position)
    rest.take(1000, from: second)
    var (third, last) = try start(at: rest.position)
    last.take(10_000, from: third)
    #expect(collected.texts + rest.texts + last.texts == lines)
    #expect(second.sight() == SourceSight(ends: [:]))
  }

  @Test func aDamagedCompressedFileIsAProblem() throws {
    try write((0..<50_000).map { "line \($0)\n" }.joined())
    try shell("gzip -k events.ndjson && head -c 60000 events.ndjson.gz > cut.gz")
    var (source, collected) = try start(FileSourceSettings(path: directory.path("cut.gz")))
    collected.take(50_000, from: source, maximum: 1000)
    #expect(!collected.records.isEmpty)
    guard case .problem(let problem) = collected.last else {
      Issue.record("\(collected.last)")
      return
    }
    #expect(problem.kind == .damaged)
    #expect(problem.message.contains("cut.gz"))
  }

  @Test func aLineThatIsTooLongIsDeliveredCut() throws {
    let long = String(repeating: "x", count: 10_000_000)
    try write(
      "one\n\(long)\nthree\n" + String(repeating: "y", count: 1500) + "\n" + String(repeating: "z", count: 1000))
    let settings = FileSourceSettings(path: path, maximumRecordBytes: 1000)
    var (source, collected) = try start(settings)
    collected.take(100, from: source)
    #expect(collected.records.map(\.isTruncated) == [false, true, false, true, false])
    #expect(collected.texts[1] == String(repeating: "x", count: LineReader.prefixLength))
    #expect(collected.records[1].nextOffset == 4 + 10_000_001)
    #expect(collected.texts[2] == "three")
    #expect(collected.texts[4].count == 1000)
    // Such a record can be the last one learned, too.
    var (second, some) = try start(settings)
    some.take(2, from: second)
    var (third, rest) = try start(settings, at: some.position)
    rest.take(100, from: third)
    #expect(rest.texts.first == "three")
  }

  @Test func anotherFileIsRefusedUntilToldOtherwise() throws {
    try write("one\ntwo\n")
    var (source, collected) = try start()
    collected.take(1, from: source)
    try write("eins\nzwei\n")
    let problem = #expect(throws: SourceProblem.self) { try start(at: collected.position) }
    #expect(problem?.kind == .otherSource)
    var (second, all) = try start(at: collected.position, missing: .earliest)
    all.take(10, from: second)
    #expect(all.texts == ["eins", "zwei"])
    var (third, none) = try start(at: collected.position, missing: .latest)
    none.take(10, from: third)
    #expect(none.texts == [])
  }

  @Test func anotherLineInTheSamePlaceMeansAnotherFile() throws {
    try write("head\n" + String(repeating: "x", count: 5000) + "\nlast\nmore\n")
    var (source, collected) = try start()
    collected.take(3, from: source)
    try write("head\n" + String(repeating: "x", count: 5000) + "\nLAST\nmore\n")
    let problem = #expect(throws: SourceProblem.self) { try start(at: collected.position) }
    #expect(problem?.kind == .otherSource)
  }

  @Test func aTruncatedFileHasLostThePosition() throws {
    let text = String(repeating: "0123456789\n", count: 1000)
    try write(text)
    var (source, collected) = try start()
    collected.take(900, from: source)
    try write(String(text.prefix(5500)))
    let problem = #expect(throws: SourceProblem.self) { try start(at: collected.position) }
    #expect(problem?.kind == .positionLost)
    #expect(problem?.lost.first?.wanted == 9900)
    var (second, all) = try start(at: collected.position, missing: .earliest)
    all.take(1000, from: second)
    #expect(all.records.count == 500)
  }

  @Test func aFileMayGrowAfterItsEndWasLearned() throws {
    try write("one\ntwo")
    var (source, collected) = try start()
    collected.take(10, from: source)
    #expect(collected.texts == ["one", "two"])
    try append("\nthree\n")
    var (second, rest) = try start(at: collected.position)
    rest.take(10, from: second)
    #expect(rest.texts == ["three"])
    #expect(rest.position[0]?.nextOffset == 14)
  }

  @Test func aFollowedFileIsReadAsItGrows() throws {
    try write("one\ntw")
    var (source, collected) = try start(FileSourceSettings(path: path, follows: true, quietMilliseconds: 20))
    collected.take(2, from: source, patience: 2)
    #expect(collected.texts == ["one"])
    #expect(collected.last == .idle(caughtUp: true))
    try append("o\nthree\n")
    collected.take(2, from: source)
    #expect(collected.texts == ["one", "two", "three"])
  }

  @Test func rotationLosesNothing() throws {
    try write("one\n")
    let settings = FileSourceSettings(path: path, follows: true, quietMilliseconds: 20)
    var (source, collected) = try start(settings)
    collected.take(1, from: source)
    try shell("mv events.ndjson events.ndjson.1")
    try append("two\nthr", to: path + ".1")
    try write("four\n")
    collected.take(3, from: source)
    #expect(collected.texts == ["one", "two", "thr", "four"])
    #expect(collected.position[0]?.nextOffset == 5)
    #expect(collected.position.identity.hasPrefix("head:5:"))
    // And again, with a restart between.
    try append("five\n")
    try shell("mv events.ndjson.1 events.ndjson.2; mv events.ndjson events.ndjson.1")
    try write("six\n")
    var (second, rest) = try start(settings, at: collected.position)
    rest.take(2, from: second)
    #expect(rest.texts == ["five", "six"])
    #expect(rest.position.recordsLearned == 6)
  }

  @Test func twoRotationsWhileAwayLoseNothing() throws {
    try write("one\n")
    let settings = FileSourceSettings(path: path, follows: true, quietMilliseconds: 20)
    var (source, collected) = try start(settings)
    collected.take(1, from: source)
    source.close()
    try append("two\n")
    try shell("mv events.ndjson events.ndjson.2; touch -d '2 hours ago' events.ndjson.2; gzip events.ndjson.2")
    try write("three\n", to: path + ".1")
    try shell("touch -d '1 hour ago' events.ndjson.1")
    try write("four\n")
    var (second, rest) = try start(settings, at: collected.position)
    rest.take(3, from: second)
    #expect(rest.texts == ["two", "three", "four"])
  }

  @Test func aFollowedFileThatIsEmptiedIsAProblem() throws {
    try write("one\ntwo\n")
    var (source, collected) = try start(FileSourceSettings(path: path, follows: true, quietMilliseconds: 20))
    collected.take(2, from: source)
    try shell(": > events.ndjson")
    collected.take(1, from: source)
    guard case .problem(let problem) = collected.last else {
      Issue.record("\(collected.last)")
      return
    }
    #expect(problem.kind == .positionLost)
  }

  @Test func reachesAnyLineThatItIsToldToBeginAt() throws {
    try write("one\ntwo\r\n\nfour")
    try shell("gzip -k events.ndjson")
    for name in [path, path + ".gz"] {
      func begin(at byte: Int64) throws -> [String] {
        var (source, collected) = try start(FileSourceSettings(path: name, startsAt: .offsets([0: byte])))
        #expect(source.hasCertainStart && collected.position[0]?.nextOffset == byte)
        collected.take(100, from: source)
        return collected.texts
      }
      #expect(try begin(at: 0) == ["one", "two", "", "four"])
      #expect(try begin(at: 4) == ["two", "", "four"])
      #expect(try begin(at: 10) == ["four"])
      for byte: Int64 in [1, 5, 14, 15, .max] {
        let problem = #expect(throws: SourceProblem.self) { try begin(at: byte) }
        #expect(problem?.kind == .positionLost && problem?.needsPosition == true, "byte \(byte)")
      }
    }
    #expect(throws: SourceProblem.self) { try start(missing: .time(milliseconds: 0)) }
    #expect(throws: SourceProblem.self) { try start(missing: .offsets([0: 0, 1: 0])) }
    #expect(try !start().0.hasCertainStart)
  }

  @Test(arguments: [false, true]) func anIntactPositionIsKeptAndRefusesAnExactPlace(isRotated: Bool) throws {
    try write("one\ntwo\nthree\n")
    let settings = FileSourceSettings(path: path, follows: isRotated, quietMilliseconds: 20)
    var (source, collected) = try start(settings)
    collected.take(2, from: source)
    if isRotated {
      try shell("mv events.ndjson events.ndjson.1")
      try write("four\n")
    }
    for policy in [MissingPositionPolicy.offsets([0: 4]), .time(milliseconds: 0)] {
      let problem = #expect(throws: SourceProblem.self) { try start(settings, at: collected.position, missing: policy) }
      #expect(problem?.kind == .configuration && problem?.message.contains("byte 8") == true)
      #expect(problem?.message.contains("resume with `earliest`") == true)
    }
    var (second, rest) = try start(settings, at: collected.position, missing: .earliest)
    rest.take(1, from: second)
    #expect(rest.texts == ["three"])
  }

  @Test func aMissingFileIsNamed() throws {
    let problem = #expect(throws: SourceProblem.self) { try start() }
    #expect(problem?.kind == .missing)
    #expect(problem?.message.contains(path) == true)
    #expect(problem?.isTransient == false)
    #expect(throws: SourceProblem.self) { try FileSource(FileSourceSettings(path: "a.gz", follows: true)) }
  }
}
