import AttentionalFM
import DurableFiles
import EventSources
import Foundation
import Glibc
import TestSupport
import Testing

@testable import SnapshotStore

/// A lineage of any length costs no more than what is still of use of it.
@Suite struct LineageCompactionTests {
  /// Writes a lineage as an older version left it: so many snapshots, numbered from 10 on, each the child of the one
  /// before, and then others.
  private func write(_ count: Int, _ others: [LineageRecord], _ fixture: Fixture) throws {
    try DirectoryHandle.create(fixture.archive.directory)
    let log = try AppendLog(fixture.archive.path(SnapshotNames.lineage))
    var records: [[UInt8]] = []
    for id in 10..<UInt64(count + 10) {
      let parent = id > 10 ? ",\"parent\":\(id - 1)" : ""
      records.append(
        Array(
          """
          {"record":{"snapshot":{"_0":{"events_learned":\(id * 10),"id":\(id),"line":1\(parent)}}},\
          "time":"2026-01-01T00:00:00Z"}
          """.utf8))
    }
    for record in others { records.append(try LineageEntryText.bytes(of: LineageEntry(record))) }
    try log.replace(with: records)
  }

  /// So many records that learning paused and went on: nearly enough for a compaction.
  private static let pauses: [LineageRecord] = (0..<3_990).map { .learning($0 % 2 == 0 ? .paused : .running) }

  /// A store with a snapshot and a lineage that has just grown long.
  private func grown(_ fixture: Fixture) throws -> (SnapshotStore, Model) {
    let model = try fixture.model()
    do { try fixture.snapshot(model, in: fixture.open()) }
    let first = try fixture.archive.history().map(\.record)
    try FileManager.default.removeItem(atPath: fixture.archive.path(SnapshotNames.lineage))
    try write(0, first + Self.pauses, fixture)
    let store = try fixture.open()
    for index in 0..<20 { try store.record(learning: index % 2 == 0 ? .paused : .running) }
    return (store, model)
  }

  private func snapshot(_ id: UInt64, _ parent: UInt64?, line: UInt64 = 1) -> LineageRecord.Snapshot {
    LineageRecord.Snapshot(id: id, parent: parent, line: line, eventsLearned: id * 10)
  }

  private func lineage(_ entries: [LineageEntry]) -> Lineage {
    entries.reduce(into: Lineage()) { $0.apply($1.record) }
  }

  @Test func whatIsLeftOfALongLineageIsTheSameToAStart() throws {
    var records: [LineageRecord] = []
    for id: UInt64 in 1...200 { records.append(.snapshot(snapshot(id, id > 1 ? id - 1 : nil))) }
    let skips = [SkippedRange(partition: 0, from: 5, to: 9)]
    records.append(.learning(.paused))
    records.append(
      .rollback(snapshot(201, 150, line: 2), Manifest.Rollback(from: 200, to: 150, mode: .keep, skipped: skips)))
    for id: UInt64 in 202...300 { records.append(.snapshot(snapshot(id, id - 1, line: 2))) }
    records.append(.setAside(id: 300, ancestor: 298, detail: "damaged"))
    records.append(.ancestorTaken(id: 298, insteadOf: 300, skips: skips))
    records.append(.arithmetic(from: "fused", to: "unfused", line: 3))
    for id: UInt64 in 301...400 { records.append(.snapshot(snapshot(id, id == 301 ? 298 : id - 1, line: 3))) }
    let entries = records.map { LineageEntry($0) }
    let whole = lineage(entries)
    let present: Set<UInt64> = [20, 120, 390, 399, 400]
    for newest in [0, 1, 50, 101, 250] {
      let short = Lineage.compacted(entries, present: present, newest: newest)
      #expect(short.count <= newest + 20)
      let left = lineage(short)
      #expect(left.current == whole.current && left.learning == whole.learning)
      #expect(left.line == whole.line && left.highestLine == whole.highestLine && left.highestID == whole.highestID)
      #expect(left.known == whole.known && left.records == whole.records)
      #expect((1...400).allSatisfy { left.known.contains($0) } && !left.known.contains(401))
      for id in present { #expect(left.snapshots[id] == whole.snapshots[id]) }
      // What a start walks over from the newest to the oldest there: all that are there, and what was skipped.
      #expect(left.ancestry(of: 400).filter { present.contains($0) } == [400, 399, 390, 120, 20])
      let walked = left.ancestry(of: 400)
      #expect(walked.contains(201) && walked.contains(298))
      #expect(left.rollbacks[201]?.skipped == skips && left.inheritedSkips[298] == skips)
      // Compacted again, nothing changes.
      let again = lineage(Lineage.compacted(short, present: present, newest: newest))
      #expect(again == left)
    }
    // Where those are gone that a rollback went back from, nothing needs it.
    let late = lineage(Lineage.compacted(entries, present: [399, 400], newest: 0))
    #expect(late.rollbacks.isEmpty && late.snapshots.keys.sorted() == [398, 399, 400])
  }

  @Test func aLongLogIsCompactedOnOpeningAndGoesOn() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(3) }
    // The three are the newest of many.
    let newest = try fixture.archive.history().map(\.record)
    try FileManager.default.removeItem(atPath: fixture.archive.path(SnapshotNames.lineage))
    try write(6_000, newest, fixture)
    let model = try fixture.restored(3)
    let size = try fixture.bytes(fixture.archive.path(SnapshotNames.lineage)).count
    do {
      let store = try fixture.open()
      #expect(store.currentID == 3 && store.lineage.records == 6_003)
      #expect(try fixture.archive.history().count < 1_010)
      #expect(try fixture.bytes(fixture.archive.path(SnapshotNames.lineage)).count < size / 4)
      #expect(store.lineage.ancestry(of: 3) == [3, 2, 1])
      #expect(try fixture.snapshot(model, in: store).id == 6_010)
      #expect(try store.list().map(\.id) == [1, 2, 3, 6_010])
      #expect(try store.list() == store.archive.list() && store.show(2) == store.archive.show(2))
    }
    let store = try fixture.open()
    #expect(store.lineage.highestID == 6_010 && store.lineage.known.contains(4_000))
    #expect(store.notes.isEmpty)
    #expect(try store.openCurrent()?.snapshot.manifest.id == 6_010)
    #expect(store.currentManifest?.id == 6_010)
  }

  @Test func aLogThatGrowsIsCompactedBesideSnapshots() throws {
    let fixture = try Fixture()
    let (store, model) = try grown(fixture)
    try store.compactLineage()
    #expect(try fixture.archive.history().count == 1_002)
    #expect(store.learningState == .running && store.currentID == 1)
    #expect(try fixture.archive.lineage() == store.lineage)
    #expect(try fixture.snapshot(model, in: store).parent == 1)
    // Not before the log has grown again.
    try store.compactLineage()
    #expect(try fixture.archive.history().count == 1_003)
  }

  @Test func aCompactionThatFailsLeavesTheLogAsItWas() throws {
    let fixture = try Fixture()
    let (store, model) = try grown(fixture)
    let before = try fixture.archive.history()
    let path = fixture.archive.path(SnapshotNames.lineage)
    FileFaults.with({ operation, at in operation == "sync" && at == path + ".tmp" ? EIO : nil }) {
      #expect(throws: SnapshotProblem.self) { try store.compactLineage() }
    }
    #expect(try fixture.archive.history() == before)
    #expect(try fixture.snapshot(model, in: store).id == 2)
    #expect(!FileManager.default.fileExists(atPath: path + ".tmp"))
  }

  @Test func everyFormOfARecordIsReadAsItWasWritten() throws {
    let entries = [
      LineageEntry(.snapshot(snapshot(1, nil))), LineageEntry(.snapshot(snapshot(1 << 52, 7))),
      LineageEntry(time: "\"\\ü", .snapshot(snapshot(3, 2))), LineageEntry(.learning(.running)),
      LineageEntry(.compacted(CompactedLineage(lineage([LineageEntry(.snapshot(snapshot(9, 8)))])))),
    ]
    for entry in entries {
      let bytes = try LineageEntryText.bytes(of: entry)
      #expect(try bytes.withUnsafeBytes { try LineageEntryText.entry($0) } == entry)
      for length in 0..<bytes.count {
        #expect(throws: (any Error).self) { try bytes[..<length].withUnsafeBytes { try LineageEntryText.entry($0) } }
      }
    }
  }

  @Test func numbersAreKeptAsRanges() {
    var numbers = SnapshotNumbers()
    for number: UInt64 in [5, 1, 3, 4, 2, 5, 9, 7] { numbers.insert(number) }
    #expect(numbers.ranges == [1...5, 7...7, 9...9])
    numbers.insert(8)
    #expect(numbers.ranges == [1...5, 7...9])
    #expect(!numbers.contains(0) && numbers.contains(1) && !numbers.contains(6) && !numbers.contains(10))
    var other = SnapshotNumbers()
    for number: UInt64 in [6, 20] { other.insert(number) }
    numbers.formUnion(other)
    #expect(numbers.ranges == [1...9, 20...20])
  }
}
