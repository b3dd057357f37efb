import AttentionalFM
import Features
import Testing
import Threads

@testable import Learning

@Suite struct SnapshotSweepTests {
  private static let configuration = ModelConfiguration(
    layout: FieldLayout(names: ["a", "b", "c"]), kind: .fm, embeddingSize: 64, tableSlots: 1 << 14)

  private func learn(_ learner: OnlineLearner, _ random: inout TestGenerator) {
    let features = (0..<3).map { field in
      Feature(
        hash: (UInt64.random(in: 0..<4000, using: &random) * 4 + UInt64(field) + 1) &* 0x9E37_79B9_7F4A_7C15, value: 1,
        field: UInt16(field))
    }
    features.withUnsafeBufferPointer { _ = learner.learn($0, label: 1) }
  }

  private func rows(_ table: EmbeddingTable) -> [RowSegment.Row] {
    var segment = RowSegment(embeddingSize: table.embeddingSize, tableSlots: table.slotCount)
    var next: UInt64 = 0
    table.copyRows(from: &next, maximum: .max, into: &segment)
    return segment.rows
  }

  /// A writer that keeps what comes, or fails after some segments.
  private func writer(
    _ ring: SegmentRing, failsAfter: Int = .max
  ) -> (thread: DedicatedThread, rows: Monitor<[RowSegment.Row]>) {
    let rows = Monitor<[RowSegment.Row]>([])
    let thread = DedicatedThread(name: "test writer") {
      ring.makeSegments()
      var segments = 0
      while let segment = ring.takeFull() {
        segments += 1
        if segments > failsAfter {
          ring.recycle(segment)
          return ring.fail()
        }
        let taken = segment.rows
        rows.update { $0 += taken }
        ring.recycle(segment)
      }
    }
    return (thread, rows)
  }

  /// With the longest embeddings a segment is as small as it gets.
  @Test(arguments: [false, true], [64, 512])
  func givesTheRowsOfItsBeginning(learnsMeanwhile: Bool, embeddingSize: Int) throws {
    var configuration = Self.configuration
    configuration.embeddingSize = embeddingSize
    configuration.maximumFeatures = 3
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    var random = TestGenerator(state: 7)
    for _ in 0..<256_000 / embeddingSize { learn(learner, &random) }
    let expected = rows(model.table)
    let ring = SegmentRing(configuration)
    try #require(ring.rowsPerSegment > SegmentRing.reserve)
    let sweep = SnapshotSweep(model, onlyChanged: false, ring: ring)
    #expect(sweep.rowCount == expected.count)
    let (thread, written) = writer(ring)
    while !sweep.isCopied {
      if learnsMeanwhile {
        sweep.makeRoom(rows: 3)
        learn(learner, &random)
        sweep.learned()
      } else {
        sweep.idle()
      }
    }
    thread.join()
    #expect(written.read { $0 }.sorted { $0.slot < $1.slot } == expected)
    sweep.settle(saved: true)
    if !learnsMeanwhile { #expect(model.table.changedCount == 0) }
  }

  @Test func aWriterThatFailsEndsIt() throws {
    let model = try Model(configuration: Self.configuration)
    let learner = OnlineLearner(model)
    var random = TestGenerator(state: 8)
    for _ in 0..<4000 { learn(learner, &random) }
    let ring = SegmentRing(Self.configuration)
    let changed = model.table.changedCount
    let sweep = SnapshotSweep(model, onlyChanged: true, ring: ring)
    #expect(UInt64(sweep.rowCount) == changed)
    let (thread, _) = writer(ring, failsAfter: 2)
    while !sweep.isCopied {
      sweep.makeRoom(rows: 3)
      learn(learner, &random)
      sweep.learned()
      sweep.idle()
    }
    thread.join()
    sweep.settle(saved: false)
    #expect(model.table.changedCount >= changed)
    // All segments are back: the next one has them all.
    let again = SnapshotSweep(model, onlyChanged: false, ring: ring)
    var count = 0
    while ring.takeEmpty(milliseconds: 0) != nil { count += 1 }
    #expect(count == ring.segments)
    again.settle(saved: false)
  }

  @Test func whatItWaitedIsCountedOnce() throws {
    let model = try Model(configuration: Self.configuration)
    let learner = OnlineLearner(model)
    var random = TestGenerator(state: 9)
    learn(learner, &random)

    // Where a segment is there nobody waits.
    let ready = SegmentRing(Self.configuration)
    ready.makeSegments()
    let swift = SnapshotSweep(model, onlyChanged: false, ring: ready)
    swift.makeRoom(rows: 3)
    #expect(swift.waited == 0)
    swift.settle(saved: false)

    // Where the segments come late it does; the thread may still be first, so try until it is not.
    var waiting: SnapshotSweep?
    while waiting == nil {
      let late = SegmentRing(Self.configuration)
      let sweep = SnapshotSweep(model, onlyChanged: false, ring: late)
      let thread = DedicatedThread(name: "late") { late.makeSegments() }
      sweep.makeRoom(rows: 3)
      thread.join()
      if sweep.waited > 0 { waiting = sweep } else { sweep.settle(saved: false) }
    }
    let sweep = try #require(waiting)
    var course = SnapshotCourse(current: nil, eventsSeen: 0, startedAt: 0)
    course.copying = sweep
    course.noteIfCopied()
    #expect(course.copying != nil && course.progress.waitedNanoseconds == 0)
    while !sweep.isCopied { sweep.idle() }
    course.noteIfCopied()
    course.noteIfCopied()
    #expect(course.copying == nil)
    #expect(course.progress.waitedNanoseconds == sweep.waited)
  }

  @Test func paceIsAShareOfTheTimeOfLearning() {
    var pacing = SweepPacing()
    var rows = 0
    for _ in 0..<1000 {
      let turn = pacing.rows(after: 32_000, forced: 0)
      rows += turn
      pacing.copied(turn, nanoseconds: UInt64(turn) * 40)
    }
    let share = Double(rows * 40) / 32_000_000
    #expect(abs(share - SweepPacing.share) < 0.02)
    // Rows that were forced are made up for, and no turn is long.
    let few = pacing.rows(after: 32_000, forced: 10_000)
    #expect(few == 0)
    for _ in 0..<10_000 { #expect(pacing.rows(after: .max, forced: 0) <= SweepPacing.mostRows) }
  }
}
