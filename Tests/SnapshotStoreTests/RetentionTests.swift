import Foundation
import Testing

@testable import SnapshotStore

@Suite struct RetentionTests {
  @Test func theNewestAndThePinnedStay() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(8)
    try store.setPin(true, snapshot: 2)
    try store.setPin(true, snapshot: 3)
    try store.setPin(false, snapshot: 3)
    let report = try store.retain(last: 3)
    #expect(report == RetentionReport(deleted: [1, 3, 4, 5], oldest: 2))
    let listings = try fixture.archive.list()
    #expect(listings.map(\.id) == [2, 6, 7, 8])
    #expect(listings.map(\.isPinned) == [true, false, false, false])
    #expect(listings.map(\.isCurrent) == [false, false, false, true])
    #expect(listings.allSatisfy { !$0.isAbandoned })
    #expect(try store.retain(last: 3).deleted == [])
    #expect(throws: SnapshotProblem.self) { try store.setPin(true, snapshot: 4) }
  }

  @Test func whatAKeptManifestRefersToStays() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(4)
    _ = try store.rollback(to: store.archive.load(1), position: .rewind)
    _ = try store.rollback(to: store.archive.load(5), position: .rewind)
    #expect(try store.archive.manifest(6).files[0].path == "../000001/model.safetensors")
    #expect(try store.retain(last: 1) == RetentionReport(deleted: [2, 3, 4, 5], oldest: 1))
    #expect(try store.archive.verify(6).eventsLearned == 100)
    #expect(try store.retain(last: 1).deleted == [])
    try fixture.snapshot(model, in: store)
    #expect(try store.retain(last: 1).deleted == [1, 6])
    #expect(try store.openCurrent()?.snapshot.manifest.id == 7)
  }

  @Test func abandonedOnesDoNotCrowdOutTheLiveLine() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(6)
    _ = try store.rollback(to: store.archive.load(2), position: .rewind)
    // The current one is held by the file of 2: 1 stays, since the two need not share a fate.
    #expect(try store.retain(last: 2).deleted == [3, 4, 5])
    #expect(try store.archive.list().filter { !$0.isAbandoned }.map(\.id) == [1, 2, 7])
    #expect(try store.retain(last: 1).deleted == [1, 6])
  }

  @Test func aCrashWhileDeletingIsCleanedUp() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let doomed = fixture.archive.path("deleted-000001")
    try FileManager.default.moveItem(atPath: fixture.archive.path(1), toPath: doomed)
    let store = try fixture.open()
    #expect(try fixture.archive.names() == ["000002", "CURRENT", "lineage.log"])
    #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
  }

  @Test func aSnapshotSetAsideGoesWhenItIsTheOldest() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    try fixture.damage(2)
    let store = try fixture.open()
    _ = try store.openCurrent()
    let model = try fixture.restored(1)
    for _ in 0..<2 { try fixture.snapshot(model, in: store) }
    _ = try store.retain(last: 3)
    #expect(try fixture.archive.list().map(\.id) == [1, 2, 3, 4])
    _ = try store.retain(last: 1)
    #expect(try fixture.archive.names() == ["000004", "CURRENT", "lineage.log"])
  }

  @Test func aLoadedSnapshotStaysReadableWhenItIsDeleted() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(3)
    let loaded = try store.archive.load(1)
    _ = try store.retain(last: 1)
    let model = try fixture.model()
    try loaded.restore(into: model)
    #expect(model.eventsLearned == 100)
    #expect(throws: SnapshotProblem.self) { try store.rollback(to: loaded, position: .rewind) }
  }
}
