import AttentionalFM
import LiveModel
import Testing

@testable import SnapshotStore

@Suite struct LineageTests {
  @Test func theStateOfLearningSurvivesARestart() throws {
    let fixture = try Fixture()
    let states: [LearningState] = [
      .paused, .running, .stopped(.positionLost, detail: "partition 3 at 17"), .stopped(.sourceFailed, detail: ""),
    ]
    #expect(try fixture.open().learningState == .running)
    for state in states {
      do {
        let store = try fixture.open()
        try store.record(learning: state)
        try store.record(learning: state)
      }
      #expect(try fixture.open().learningState == state)
    }
    #expect(try fixture.archive.history().count == states.count)
  }

  @Test func everyKindOfRecordReadsBack() throws {
    let fixture = try Fixture()
    var expected: Lineage
    do {
      let (store, _) = try fixture.series(2)
      try store.recordSoftwareChange(from: "0.1.0", to: "0.2.0")
      try store.recordArithmeticChange(from: "fused", to: "unfused")
      #expect(store.lineage.line == 2)
      _ = try store.rollback(to: store.archive.load(1), position: .keep(Fixture.position(200), skips: []))
      #expect(store.lineage.line == 3 && store.lineage.highestLine == 3)
      _ = try store.rollback(to: store.archive.load(2), position: .rewind)
      #expect(store.lineage.ancestry(of: 4) == [4, 2, 1])
      expected = store.lineage
    }
    let store = try fixture.open()
    #expect(store.lineage == expected)
    #expect(store.notes.isEmpty)
    #expect(try fixture.archive.lineage() == expected)
    #expect(store.lineage.rollbacks[3]?.mode == .keep && store.lineage.rollbacks[4]?.from == 3)
  }

  @Test func aSnapshotBegunBeforeARollbackIsNotKept() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(2)
    let pending = try store.begin(ModelState(model))
    var sweep = RowSweep(model.table)
    var segment = RowSegment()
    while sweep.next(maximum: 100, into: &segment) { try pending.append(segment) }
    _ = try store.rollback(to: store.archive.load(1), position: .rewind)
    let problem = #expect(throws: SnapshotProblem.self) { try pending.finish(fixture.facts(model)) }
    #expect(problem?.kind == .superseded)
    #expect(try fixture.archive.list().map(\.id) == [1, 2, 4])
    #expect(store.currentID == 4)
  }

  @Test func rollingBackRestoresScoresToTheLastBit() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(1)
    let before = (0..<50).map { Fixture.score(model, $0).bitPattern }
    Fixture.learn(100..<200, model)
    try fixture.snapshot(model, in: store)
    let manifest = try store.rollback(to: store.archive.load(1), position: .rewind)
    let restored = try fixture.restored(manifest.id)
    #expect((0..<50).map { Fixture.score(restored, $0).bitPattern } == before)
  }
}
