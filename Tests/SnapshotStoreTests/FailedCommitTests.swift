import AttentionalFM
import DurableFiles
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import SnapshotStore

/// What the disk refuses costs one attempt: the next succeeds without a restart, nothing that failed is found later, and
/// nothing of it stays on the disk.
@Suite struct FailedCommitTests {
  private func withoutLeftovers(_ fixture: Fixture, _ ids: [UInt64]) throws {
    #expect(
      try fixture.archive.names() == ids.map { SnapshotNames.directory($0) } + [SnapshotNames.current, "lineage.log"])
  }

  @Test func aFailedSyncOfTheLineageCostsNoSnapshot() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(1)
    let path = fixture.archive.path(SnapshotNames.lineage)
    let lossy = LossyFile(path, durable: UInt64(try fixture.bytes(path).count))
    let manifest = try lossy.failsOnce { try fixture.snapshot(model, in: store) }
    #expect(lossy.hasFailed && manifest.id == 2)
    #expect(try fixture.snapshot(model, in: store).id == 3)
    try withoutLeftovers(fixture, [1, 2, 3])
    #expect(try fixture.archive.lineage() == store.lineage)
    #expect(store.lineage.ancestry(of: 3) == [3, 2, 1])
  }

  /// Each of the operations of a commit fails from some time on, and then no more.
  @Test(arguments: ["sync", "rename", "write", "make", "open"], [true, false])
  func whateverFailsNothingOfItIsLeft(_ operation: String, _ isRollback: Bool) throws {
    let fixture = try Fixture()
    var reached = 0
    for call in 1... {
      let store = try fixture.open()
      let model = try fixture.model()
      if store.currentID == nil {
        for _ in 0..<2 {
          Fixture.learn(0..<50, model)
          try fixture.snapshot(model, in: store)
        }
      }
      let before = try #require(store.currentID)
      let calls = Atomic<Int>(0)
      let directory = fixture.directory.path
      let result = Result<Manifest, any Error> {
        try FileFaults.with({ wanted, path in
          guard wanted == operation, path.hasPrefix(directory) else { return nil }
          return calls.add(1, ordering: .relaxed).newValue == call ? ENOSPC : nil
        }) {
          if isRollback { return try store.rollback(to: store.archive.load(1), position: .rewind) }
          return try fixture.snapshot(model, in: store)
        }
      }
      if calls.load(ordering: .relaxed) < call {
        #expect(throws: Never.self) { try result.get() }
        break
      }
      reached += 1
      let ids = try fixture.archive.ids()
      switch result {
      case .success(let manifest): #expect(try ids.last == manifest.id && store.archive.currentID() == manifest.id)
      case .failure: #expect(try ids.last == before && store.archive.currentID() == before)
      }
      try withoutLeftovers(fixture, ids)
      // The next one succeeds without a restart.
      Fixture.learn(0..<50, model)
      let next = try fixture.snapshot(model, in: store)
      #expect(store.currentID == next.id && next.parent == ids.last)
      try withoutLeftovers(fixture, ids + [next.id])
      #expect(try fixture.archive.lineage() == store.lineage)
    }
    #expect(reached > 0)
  }

  @Test func whatCannotBeUndoneIsSaidAndRemovedBeforeTheNext() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(2)
    let directory = fixture.directory.path
    let current = fixture.archive.path(SnapshotNames.current)
    for _ in 0..<3 {
      let problem = FileFaults.with({ operation, path in
        // The disk fails for good once the snapshot has its name.
        operation == "rename" && path.hasSuffix(current) && path.hasPrefix(directory) ? EIO : nil
      }) {
        #expect(throws: SnapshotProblem.self) { try fixture.snapshot(model, in: store) }
      }
      #expect(problem?.message.contains("snapshot 3") == true || problem?.message.contains("rename") == true)
      #expect(try fixture.archive.ids() == [1, 2, 3])
    }
    #expect(try fixture.snapshot(model, in: store).parent == 2)
    #expect(try !fixture.archive.ids().contains(3))
    #expect(store.remains.withLock { $0.isEmpty })
  }

  @Test func aChangeOfLearningIsKeptThoughASyncFails() throws {
    let fixture = try Fixture()
    do {
      let (store, _) = try fixture.series(1)
      let path = fixture.archive.path(SnapshotNames.lineage)
      let lossy = LossyFile(path, durable: UInt64(try fixture.bytes(path).count))
      try lossy.failsOnce { try store.record(learning: .paused) }
      #expect(store.learningState == .paused)
    }
    #expect(try fixture.open().learningState == .paused)
  }
}
