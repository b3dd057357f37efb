import AttentionalFM
import DurableFiles
import Foundation
import Glibc
import Testing

@testable import SnapshotStore

/// A process that dies after any step of making a snapshot leaves either the old state or the new one.
@Suite struct CrashTests {
  private static func crash(at step: SnapshotStep) -> @Sendable (SnapshotStep) throws(SnapshotProblem) -> Void {
    { (reached) throws(SnapshotProblem) in
      if reached == step { throw SnapshotProblem(.file, "a crash") }
    }
  }

  private static func isCommitted(_ step: SnapshotStep) -> Bool {
    step == .renamed || step == .currentReplaced || step == .recorded
  }

  private func withoutLeftovers(_ fixture: Fixture) throws {
    for name in try fixture.archive.names() {
      #expect(SnapshotNames.id(name) != nil || ["CURRENT", "lineage.log"].contains(name))
    }
  }

  @Test(arguments: SnapshotStep.allCases)
  func aCrashWhileASnapshotIsTakenLeavesTheOldOrTheNew(_ step: SnapshotStep) throws {
    let fixture = try Fixture()
    var model = try fixture.model()
    do {
      let store = try fixture.open()
      Fixture.learn(0..<100, model)
      try fixture.snapshot(model, in: store)
    }
    do {
      let store = try fixture.open(failpoint: CrashTests.crash(at: step))
      Fixture.learn(100..<200, model)
      #expect(throws: SnapshotProblem.self) { try fixture.snapshot(model, in: store) }
    }
    let wanted: UInt64 = CrashTests.isCommitted(step) ? 2 : 1
    do {
      let store = try fixture.open()
      let recovered = try #require(try store.openCurrent())
      #expect(recovered.snapshot.manifest.id == wanted)
      #expect(recovered.setAside.isEmpty)
      #expect(recovered.position == Fixture.position(wanted * 100))
      #expect(store.lineage.current == wanted)
      try withoutLeftovers(fixture)
      model = try fixture.restored(wanted)
      Fixture.learn(Int(wanted) * 100..<300, model)
      let manifest = try fixture.snapshot(model, in: store)
      #expect(manifest.id == wanted + 1)
      #expect(manifest.parent == wanted)
    }
    let store = try fixture.open()
    #expect(try store.openCurrent()?.snapshot.manifest.eventsLearned == 300)
    #expect(try store.archive.list().filter(\.isAbandoned).isEmpty)
  }

  @Test(arguments: SnapshotStep.allCases)
  func aCrashWhileTheFirstSnapshotIsTakenLeavesNoneOrIt(_ step: SnapshotStep) throws {
    let fixture = try Fixture()
    let model = try fixture.model()
    do {
      let store = try fixture.open(failpoint: CrashTests.crash(at: step))
      Fixture.learn(0..<100, model)
      #expect(throws: SnapshotProblem.self) { try fixture.snapshot(model, in: store) }
    }
    let isWhole = CrashTests.isCommitted(step)
    for start in 0..<2 {
      let store = try fixture.open()
      let recovered = try store.openCurrent()
      #expect(recovered?.snapshot.manifest.id == (isWhole ? 1 : nil))
      #expect(recovered?.notes.isEmpty ?? true)
      #expect(store.notes.filter { $0.text.contains("was taken") }.isEmpty != (step == .renamed && start == 0))
      #expect(recovered?.position == (isWhole ? Fixture.position(100) : nil))
      #expect(store.lineage.current == (isWhole ? 1 : nil))
      #expect(try store.archive.list().filter(\.isAbandoned).isEmpty)
    }
    try withoutLeftovers(fixture)
    let store = try fixture.open()
    _ = try store.openCurrent()
    Fixture.learn(100..<200, model)
    #expect(try fixture.snapshot(model, in: store).parent == (isWhole ? 1 : nil))
  }

  @Test(arguments: SnapshotStep.allCases.filter { $0 != .begun && $0 != .rowsWritten && $0 != .modelSynced })
  func aCrashWhileRollingBackLeavesTheOldOrTheNew(_ step: SnapshotStep) throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    do {
      let store = try fixture.open(failpoint: CrashTests.crash(at: step))
      let target = try store.archive.load(1)
      #expect(throws: SnapshotProblem.self) {
        try store.rollback(to: target, position: .keep(Fixture.position(200), skips: []))
      }
    }
    let store = try fixture.open()
    let recovered = try #require(try store.openCurrent())
    let manifest = recovered.snapshot.manifest
    try withoutLeftovers(fixture)
    #expect(recovered.position == Fixture.position(200))
    if CrashTests.isCommitted(step) {
      #expect(manifest.id == 3 && manifest.parent == 1 && manifest.eventsLearned == 100)
      #expect(store.lineage.rollbacks[3]?.skipped == [SkippedRange(partition: 0, from: 100, to: 200)])
    } else {
      #expect(manifest.id == 2)
    }
  }

  /// The disk is full when the lineage is to be extended: what failed must not be found to have happened.
  @Test func aRollbackThatCannotBeRecordedDoesNotTakeEffectLater() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let lineage = fixture.archive.path("lineage.log")
    do {
      let store = try fixture.open()
      let target = try store.archive.load(1)
      FileFaults.with({ operation, path in operation == "write" && path == lineage ? ENOSPC : nil }) {
        #expect(throws: SnapshotProblem.self) { try store.rollback(to: target, position: .rewind) }
      }
      #expect(try store.archive.currentID() == 2)
    }
    let store = try fixture.open()
    #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
    #expect(try store.archive.list().map(\.id) == [1, 2])
  }

  @Test func numbersAreNeverUsedTwice() throws {
    let fixture = try Fixture()
    var used: Set<UInt64> = []
    for round in 0..<4 {
      let store = try fixture.open()
      let model = try fixture.model()
      for _ in 0..<3 {
        Fixture.learn(0..<50, model)
        #expect(used.insert(try fixture.snapshot(model, in: store).id).inserted)
      }
      try store.begin(ModelState(model)).discard()
      _ = try store.retain(last: 1)
      if round == 1 { try FileManager.default.removeItem(atPath: store.archive.path("lineage.log")) }
      if round == 2 { try FileManager.default.removeItem(atPath: store.archive.path("CURRENT")) }
    }
    #expect(used.count == 12)
  }

  @Test func aSecondStoreOnTheSameDirectoryIsRefused() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(1)
    let problem = #expect(throws: SnapshotProblem.self) { try fixture.open() }
    #expect(problem?.kind == .locked)
    #expect(try fixture.archive.list().map(\.id) == [1])
    withExtendedLifetime(store) {}
  }
}
