import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing
import Threads

@testable import EventSources

/// The files that dead letters wait in, without anybody who delivers them.
@Suite struct DeadLetterSpillTests {
  private let directory: TemporaryDirectory
  private var path: String { directory.path("dead_letters") }

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func open(limit: UInt64 = 1 << 20) throws -> DeadLetterSpill {
    try DeadLetterSpill(directory: path, limit: limit) { _ in }
  }

  private func add(_ numbers: Range<Int>, to spill: DeadLetterSpill, bytes: Int = 20) throws {
    for number in numbers {
      let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes)
      try value.withUnsafeBytes { bytes in
        try spill.add(key: "t/0/\(number)", reason: "bad_json", detail: "at byte 1", value: bytes)
      }
    }
  }

  /// The numbers of the entries after the mark, as the sender reads them.
  private func numbers(in spill: DeadLetterSpill) throws -> [Int] {
    let reader = SpillReader()
    var found: [Int] = []
    var place = spill.state.read { $0.mark }
    while let (segment, start) = spill.state.read({ $0.next(after: place) }) {
      place = start
      while place.offset < segment.length {
        let next: UInt64
        let entry: DeadLetterEntry
        switch try reader.entry(of: segment.file, at: place.offset, length: segment.length) {
        case .entry(let found, let end): (entry, next) = (found, end)
        case .end, .damage: throw CancellationError()
        }
        #expect(entry.reason == "bad_json" && entry.detail == "at byte 1")
        found.append(Int(String(decoding: entry.key, as: UTF8.self).dropFirst(4)) ?? -1)
        place = SpillPlace(segment: segment.number, offset: next, entries: place.entries &+ 1)
      }
    }
    return found
  }

  private func file(_ number: UInt64) -> String { path + "/" + SpillFormat.name(number) }

  @Test func entriesSurviveTheProcess() throws {
    let spill = try open()
    try add(0..<10, to: spill)
    #expect(try numbers(in: spill) == Array(0..<10))
    let again = try open()
    #expect(again.end == spill.end)
    try add(10..<12, to: again)
    #expect(try numbers(in: again) == Array(0..<12))
    #expect(again.state.read { $0.waiting.entries } == 12)
  }

  @Test func aTornTailIsTakenOff() throws {
    let spill = try open()
    try add(0..<3, to: spill)
    let whole = spill.end
    try add(3..<4, to: spill)
    for length in whole.offset..<spill.end.offset {
      try OpenFile(file(1), .update).truncate(to: length)
      #expect(try open().end == whole)
    }
    let again = try open()
    try add(7..<8, to: again)
    #expect(try numbers(in: again) == [0, 1, 2, 7])
  }

  @Test func damageEndsItsFileAlone() throws {
    let spill = try open(limit: 8192)
    try add(0..<40, to: spill)
    #expect(spill.end.segment > 2)
    let first = try #require(spill.state.read { $0.segments.first })
    try OpenFile(file(1), .update).write([0xff], at: first.length - 5)
    let said = Lock([SourceNotice]())
    let again = try DeadLetterSpill(directory: path, limit: 8192) { notice in said.withLock { $0.append(notice) } }
    let left = try numbers(in: again)
    #expect(left.count == 39 && !left.contains(Int(first.entries) - 1))
    #expect(said.withLock { $0.map(\.level) } == [.error])
  }

  @Test func atTheBoundTheOldestAreDroppedAndCounted() throws {
    let spill = try open(limit: 8192)
    try add(0..<1000, to: spill)
    let left = try numbers(in: spill)
    #expect(left.last == 999 && left == Array((1000 - left.count)..<1000))
    let state = spill.state.read { $0 }
    #expect(state.dropped == UInt64(1000 - left.count) && state.isDropping)
    #expect(state.bytes <= 8192 && state.waiting.entries == UInt64(left.count))
    var bytes: UInt64 = 0
    for name in try DirectoryHandle.names(in: path) { bytes += try OpenFile(path + "/" + name, .read).size() }
    #expect(bytes <= 8192)
    // What has no room at all is dropped at once, and nothing else for it.
    try add(1000..<1001, to: spill, bytes: 5000)
    #expect(try numbers(in: spill) == left)
    #expect(spill.state.read { $0.dropped } == state.dropped + 1)
  }

  @Test func whatWillBeAddedAgainIsTakenBack() throws {
    let spill = try open(limit: 1 << 16)
    try add(0..<10, to: spill)
    let place = spill.end
    try add(10..<300, to: spill)
    #expect(spill.end.segment > place.segment + 1)
    // By a start.
    let again = try open(limit: 1 << 16)
    again.cut(after: place)
    #expect(try numbers(in: again) == Array(0..<10) && again.end == place)
    try add(10..<12, to: again)
    #expect(try numbers(in: again) == Array(0..<12))
    // By a rollback, and by a start after it.
    again.cut(after: place)
    #expect(try numbers(in: again) == Array(0..<10))
    #expect(try numbers(in: open(limit: 1 << 16)) == Array(0..<10))
  }

  /// A mark behind a place that is cut off must not count for what is written after the cut.
  @Test func whatIsAddedAfterACutIsNeverTakenForDelivered() throws {
    let spill = try open()
    try add(0..<5, to: spill)
    let place = spill.end
    try add(5..<20, to: spill)
    let mark = SpillMark(place: spill.end)
    try mark.write(in: path)
    #expect(spill.state.update { $0.advance(to: mark.place) }.isEmpty)
    spill.cut(after: place)
    try add(5..<9, to: spill)
    #expect(try numbers(in: spill) == Array(5..<9))
    let again = try open()
    #expect(try numbers(in: again) == Array(5..<9))
    // Nor after a power loss that took what was delivered.
    let end = try #require(again.state.read { $0.segments.last })
    try SpillMark(place: end.end).write(in: path)
    try OpenFile(end.file.path, .update).truncate(to: SpillFormat.magicSize + 3)
    let third = try open()
    try add(9..<12, to: third)
    #expect(try numbers(in: third) == Array(9..<12))
  }

  @Test func whatASnapshotSyncedAndIsGoneIsCounted() throws {
    let spill = try open()
    try add(0..<10, to: spill)
    let place = spill.end
    try OpenFile(file(1), .update).truncate(to: place.offset / 2)
    let again = try open()
    let left = again.end.entries
    #expect(left < 10 && again.cut(after: place) == 10 - left)
    #expect(again.state.read { ($0.dropped, $0.isDropping) } == (10 - left, true))
    try add(10..<12, to: again)
    #expect(try numbers(in: again) == Array(0..<Int(left)) + [10, 11])
    // What was delivered is missed by nobody.
    try SpillMark(place: place).write(in: path)
    #expect(try open().cut(after: place) == 0)
  }

  @Test func aDamagedMarkMeansNothingWasDelivered() throws {
    let spill = try open()
    try add(0..<5, to: spill)
    let mark = SpillMark(place: spill.end, isDropping: true)
    try mark.write(in: path)
    #expect(SpillMark.read(in: path) == mark)
    #expect(try numbers(in: open()).isEmpty)
    let good = try OpenFile.contents(of: path + "/delivered", limit: 1000)
    for index in 0..<good.count - 1 {
      var bad = good
      bad[index] ^= 4
      try Data(bad).write(to: URL(fileURLWithPath: path + "/delivered"))
      #expect(SpillMark.read(in: path) == nil)
    }
    #expect(try numbers(in: open()) == Array(0..<5))
  }

  @Test(arguments: [true, false])
  func afterAFailedSyncWhatIsNotKnownToBeOnTheDiskIsWrittenAnew(_ wasSynced: Bool) throws {
    let spill = try open()
    try add(0..<5, to: spill)
    if wasSynced {
      for file in try spill.filesToSync() { try file.sync() }
      spill.noteSynced()
    }
    try add(5..<8, to: spill)
    let before = spill.end
    #expect(try spill.filesToSync().count == 1)
    try spill.noteSyncFailed()
    #expect(spill.end.segment > before.segment)
    #expect(try numbers(in: spill) == Array(0..<8))
    #expect(spill.state.read { ($0.dropped, $0.segments.count) } == (0, wasSynced ? 2 : 1))
    // All of the new file is to be synced, and nothing of the old one.
    #expect(try spill.filesToSync().map(\.path) == [file(spill.end.segment)])
    #expect(try numbers(in: open()) == Array(0..<8))
  }

  /// Opens what is there, and what is said of it.
  private func reopen(limit: UInt64 = 1 << 20) throws -> (DeadLetterSpill, [SourceNotice]) {
    let said = Lock([SourceNotice]())
    let spill = try DeadLetterSpill(directory: path, limit: limit) { notice in said.withLock { $0.append(notice) } }
    return (spill, said.withLock { $0 })
  }

  @Test(arguments: ["open", "read"])
  func aFileThatCannotBeReadIsSetAside(_ operation: String) throws {
    let spill = try open(limit: 8192)
    try add(0..<40, to: spill)
    let segments = spill.state.read { $0.segments }
    #expect(segments.count > 2)
    let bad = segments[1].file.path
    let (again, said) = try FileFaults.with({ $0 == operation && $1 == bad ? EIO : nil }) { try reopen(limit: 8192) }
    #expect(said.map(\.level) == [.error] && said.first?.message.contains(bad + ".damaged") == true)
    #expect(try numbers(in: again).count == 40 - Int(segments[1].entries))
    #expect(DirectoryHandle.exists(bad + ".damaged") && !DirectoryHandle.exists(bad))
    // It was the newest, and is a directory: no file takes its number.
    let last = again.end.segment
    try DirectoryHandle.remove(file(last))
    try DirectoryHandle.create(file(last))
    let (third, saidThen) = try reopen(limit: 8192)
    #expect(saidThen.map(\.level) == [.error])
    _ = third
    let fourth = try open(limit: 8192)
    try add(50..<51, to: fourth)
    #expect(fourth.end.segment > last)
  }

  @Test func aFileThatIsNoneOfTheSpillsIsSetAsideAndSaid() throws {
    let spill = try open()
    try add(0..<3, to: spill)
    try OpenFile(file(1), .update).write([0x41], at: 0)
    let (again, said) = try reopen()
    #expect(said.map(\.level) == [.error] && again.state.read { $0.segments.isEmpty })
    #expect(DirectoryHandle.exists(file(1) + ".damaged"))
  }

  /// What was never synced comes back as zeros: nothing that a snapshot names.
  @Test func aTailOfZerosIsNoDamage() throws {
    let spill = try open()
    try add(0..<3, to: spill)
    let place = spill.end
    try add(3..<6, to: spill, bytes: 5000)
    let end = spill.end.offset
    let whole = try OpenFile.contents(of: file(1), limit: 1 << 20)
    for start in [place.offset, 4096, 8192, 12288] {
      try Data(whole[..<Int(start)] + Data(count: Int(end - start))).write(to: URL(fileURLWithPath: file(1)))
      let (again, said) = try reopen()
      #expect(said.isEmpty)
      #expect(again.end.entries >= 3 && again.cut(after: place) == 0)
      #expect(try numbers(in: again) == Array(0..<3))
      // Where a snapshot names it, it is missing.
      try Data(whole[..<Int(start)] + Data(count: Int(end - start))).write(to: URL(fileURLWithPath: file(1)))
      #expect(try open().cut(after: spill.end) > 0)
    }
    // Zeros amid what was written are damage; so are those in a file that others follow.
    var bytes = whole
    bytes.replaceSubrange(Int(place.offset)..<Int(place.offset) + 12, with: repeatElement(0, count: 12))
    try Data(bytes).write(to: URL(fileURLWithPath: file(1)))
    #expect(try reopen().1.map(\.level) == [.error])
    try Data(whole[..<Int(place.offset)] + Data(count: 100)).write(to: URL(fileURLWithPath: file(1)))
    try Data(whole).write(to: URL(fileURLWithPath: file(2)))
    #expect(try reopen().1.map(\.level) == [.error])
  }

  @Test func noNumberThatAFileOrASnapshotNamesEndsTheProcess() throws {
    let last = UInt64.max
    try DirectoryHandle.create(path)
    for name in [last, last - 1] {
      try Data("afmdead1".utf8).write(to: URL(fileURLWithPath: path + "/" + SpillFormat.name(name)))
    }
    _ = try? open()
    try? DirectoryHandle.remove(path + "/" + SpillFormat.name(last))
    for segment in [last, last - 1, last - 2] {
      try SpillMark(place: SpillPlace(segment: segment, offset: last, entries: last)).write(in: path)
      let spill = try open()
      _ = try? add(0..<2, to: spill)
    }
    try DirectoryHandle.remove(path + "/delivered")
    for segment in [1, last, last - 1] {
      let spill = try open()
      try? add(0..<2, to: spill)
      spill.cut(after: SpillPlace(segment: segment, offset: last, entries: last))
      let problem = segment == 1 ? nil : #expect(throws: FileProblem.self) { try add(2..<3, to: spill) }
      #expect(segment == 1 || problem?.kind == .damaged)
      #expect(spill.state.read { $0.waiting.entries } <= 6)
    }
    // A mark may claim more entries than there are.
    let spill = try open()
    try add(0..<2, to: spill)
    let start = SpillPlace(segment: spill.end.segment, offset: SpillFormat.magicSize, entries: last)
    try SpillMark(place: start).write(in: path)
    #expect(try numbers(in: open()).count >= 2)
  }
}
