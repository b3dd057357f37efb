import AttentionalFM
import DurableFiles
import EventSources
import Features
import ProgressiveValidation
import SnapshotStore
import TestSupport
import Testing
import Threads

@testable import Learning

/// The writer's thread with a ring and a store, and jobs made by hand.
@Suite struct SnapshotWriterTests {
  private static let configuration = ModelConfiguration(
    layout: FieldLayout(names: ["a"]), kind: .fm, embeddingSize: 4, tableSlots: 1 << 10)

  private let directory: TemporaryDirectory
  private let store: SnapshotStore
  private let model: Model
  private let ring = SegmentRing(Self.configuration)
  private let written = Monitor<[WrittenSnapshot]>([])
  private let writer: SnapshotWriter

  init() throws {
    directory = try TemporaryDirectory()
    store = try SnapshotStore(stateDirectory: directory.path)
    model = try Model(configuration: Self.configuration)
    writer = SnapshotWriter(nice: 0, store: store, ring: ring, retained: nil) { [written] result in
      written.update { $0.append(result) }
    }
  }

  /// Gives the writer a job for a model without rows, and rows all the same.
  private func write(
    _ number: UInt64, rows: Int, _ files: SnapshotPlaces = SnapshotPlaces(), at position: SourcePosition? = nil
  ) throws -> WrittenSnapshot {
    begin(number, model, files, at: position)
    if rows > 0 {
      var segment = try #require(ring.takeEmpty(milliseconds: Harness.patience), "the segments are used up")
      segment.reset(embeddingSize: 4, tableSlots: 1 << 10)
      for row in 0..<rows {
        segment.append(
          RowSegment.Row(
            slot: UInt64(row), hash: UInt64(row), lastSeen: 0, weight: 0, accumulator: 1,
            embedding: [0, 0, 0, 0], embeddingAccumulator: [1, 1, 1, 1]))
      }
      ring.put(segment)
    }
    return try end()
  }

  /// Gives the writer a job; its rows follow.
  private func begin(
    _ number: UInt64, _ model: Model, _ files: SnapshotPlaces = SnapshotPlaces(), at position: SourcePosition? = nil
  ) {
    ring.begin()
    let facts = SnapshotFacts(
      reason: .request, eventsLearned: model.eventsLearned, position: position, skips: [], model: model.configuration,
      schemaFingerprint: "", schema: .object([:]), arithmetic: "fused", software: "test")
    let progressive = ProgressiveValidation(loss: .logistic, windowSize: 1)
    writer.begin(
      SnapshotWriter.Job(
        number: number, state: ModelState(model), sections: [], extent: .full, facts: facts,
        progressive: ProgressiveOverview(run: progressive.runSummary, lastWindow: progressive.lastWindow), files: files)
    )
  }

  /// Says that all rows have come, and waits for what the writer made of them.
  private func end() throws -> WrittenSnapshot {
    ring.end()
    let result = written.wait(milliseconds: Harness.patience) { $0.popLast() }
    return try #require(result)
  }

  /// Where the memory of a segment is that nobody else holds.
  private func place(_ segment: RowSegment) -> UInt {
    segment.withBytes(of: .slot) { UInt(bitPattern: $0.baseAddress) }
  }

  /// Whoever fills a segment that the writer still held had to allocate another: up to the ring's size once more.
  @Test func aSnapshotAllocatesNoSegmentBesideTheRings() throws {
    let model = try Model(configuration: Self.configuration)
    let learner = OnlineLearner(model)
    for feature in 0..<UInt64(700) {
      let features = [Feature(hash: (feature + 1) &* 0x9E37_79B9_7F4A_7C15, value: 1, field: 0)]
      features.withUnsafeBufferPointer { _ = learner.learn($0, label: 1) }
    }
    var own: [RowSegment] = []
    while own.count < ring.segments {
      own.append(try #require(ring.takeEmpty(milliseconds: Harness.patience)))
    }
    let places = Set(own.map(place))
    let claimed = Int(model.table.counters.claimed)
    while let segment = own.popLast() { ring.recycle(segment) }
    for number in 1...20 {
      begin(UInt64(number), model)
      var (next, rows) = (UInt64(0), 0)
      while rows < claimed {
        var segment = try #require(ring.takeEmpty(milliseconds: Harness.patience), "the segments are used up")
        segment.reset(embeddingSize: 4, tableSlots: model.table.slotCount)
        #expect(places.contains(place(segment)), "the segment for row \(rows) of snapshot \(number) is a new one")
        model.table.copyRows(from: &next, maximum: 1, into: &segment)
        rows += segment.count
        ring.put(segment)
      }
      #expect(try end().result.get().ownRows == UInt64(rows))
    }
    writer.stop()
  }

  @Test func failuresUseUpNoSegment() throws {
    for number in 0..<UInt64(2 * ring.segments) {
      let failed = try write(number, rows: 2)
      #expect(throws: SnapshotProblem.self) { try failed.result.get() }
      #expect(ring.hasFailed && failed.isJournalSynced == nil)
    }
    #expect(try write(1000, rows: 0).result.get().ownRows == 0)
    writer.stop()
  }

  @Test func aSnapshotWithoutAPositionHoldsNoSegmentOfTheJournal() throws {
    #expect(throws: Never.self) { try write(1, rows: 0).result.get() }
    #expect(try SnapshotWriter.oldestMark(store.archive) == nil)
    for (number, mark) in [JournalMark(segment: 4, records: 1), JournalMark(segment: 3, records: 5)].enumerated() {
      let position = SourcePosition(kind: .kafka, identity: "c/t", journal: mark)
      #expect(throws: Never.self) { try write(UInt64(number) + 2, rows: 0, at: position).result.get() }
    }
    #expect(try SnapshotWriter.oldestMark(store.archive) == JournalMark(segment: 3, records: 5))
    // One that nobody can read keeps none of the others from being tidied up.
    let last = try #require(try store.archive.ids().last)
    try OpenFile(directory.path("snapshots/00000\(last)/manifest.json"), .update).truncate(to: 9)
    #expect(try SnapshotWriter.oldestMark(store.archive) == JournalMark(segment: 4, records: 1))
    writer.stop()
  }

  /// What has no disk below it cannot be synced.
  @Test func theFilesAreToldHowTheirSyncsEnded() throws {
    let unsyncable = try OpenFile("/dev/null", .update)
    #expect(throws: FileProblem.self) { try unsyncable.sync() }
    let sound = try OpenFile(directory.path("sound"), .update)
    let quarantine = try write(1, rows: 0, SnapshotPlaces(journal: sound, quarantine: unsyncable))
    #expect(throws: SnapshotProblem.self) { try quarantine.result.get() }
    #expect(quarantine.isJournalSynced == nil && quarantine.isQuarantineSynced == false)
    let journal = try write(2, rows: 0, SnapshotPlaces(journal: unsyncable, quarantine: sound))
    #expect(throws: SnapshotProblem.self) { try journal.result.get() }
    #expect(journal.isJournalSynced == false)
    let both = try write(3, rows: 0, SnapshotPlaces(journal: sound, quarantine: sound))
    #expect(throws: Never.self) { try both.result.get() }
    #expect(both.isJournalSynced == true && both.isQuarantineSynced == true)
    writer.stop()
  }
}
