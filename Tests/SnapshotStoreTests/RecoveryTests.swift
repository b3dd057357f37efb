import DurableFiles
import EventSources
import Foundation
import Testing

@testable import SnapshotStore

@Suite struct RecoveryTests {
  private func skip(_ from: Int64, _ to: Int64) -> SkippedRange {
    SkippedRange(partition: 0, from: from, to: to)
  }

  @Test func anEmptyDirectoryIsAFreshStart() throws {
    let fixture = try Fixture()
    #expect(try fixture.open().openCurrent() == nil)
    #expect(try fixture.open().openCurrent() == nil)
    #expect(try fixture.archive.list().isEmpty)
  }

  @Test func aDamagedSnapshotIsSetAsideForItsNearestGoodAncestor() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(4) }
    try fixture.damage(4)
    try fixture.damage(3, SnapshotNames.manifest)
    do {
      let store = try fixture.open()
      let recovered = try #require(try store.openCurrent())
      #expect(recovered.snapshot.manifest.id == 2)
      #expect(recovered.setAside == [4, 3])
      #expect(recovered.position == Fixture.position(200))
      #expect(recovered.notes.count == 3 && recovered.notes.allSatisfy(\.isDamage))
      #expect(recovered.damage?.snapshot == 4 && recovered.damage?.taken == 2 && recovered.damage?.events == 200)
      #expect(try fixture.archive.list().filter(\.isSetAside).map(\.id) == [3, 4])
    }
    do {
      let store = try fixture.open()
      let again = try #require(try store.openCurrent())
      #expect(again.snapshot.manifest.id == 2 && again.setAside.isEmpty)
      #expect(again.notes.count == 1 && again.notes.allSatisfy(\.isDamage))
      // The damage stands until another snapshot is written, also over a restart.
      #expect(again.damage?.snapshot == 4 && again.damage?.events == 200 && again.damage?.found == [])
      let manifest = try fixture.snapshot(fixture.restored(2), in: store)
      #expect(manifest.id == 5 && manifest.parent == 2)
    }
    #expect(try fixture.open().openCurrent()?.damage == nil)
  }

  /// A read error may pass: an ancestor is taken, and what the disk did not give up stays where it is.
  @Test(arguments: [SnapshotNames.model, SnapshotNames.manifest])
  func aSnapshotThatTheDiskDoesNotGiveUpIsLeftWhereItIs(_ file: String) throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(3) }
    let unreadable = fixture.archive.path(3) + "/" + file
    try FileFaults.with({ operation, path in operation == "read" && path == unreadable ? EIO : nil }) {
      let recovered = try #require(try fixture.open().openCurrent())
      #expect(recovered.snapshot.manifest.id == 2 && recovered.setAside.isEmpty)
      #expect(recovered.damage?.snapshot == 3 && recovered.damage?.events == 100)
      #expect(recovered.damage?.found == [3])
      #expect(recovered.notes.contains { $0.isDamage && $0.text.contains("snapshot 3 was left where it is") })
    }
    #expect(try fixture.archive.verify(3).eventsLearned == 300)
    // Learning has gone on from the ancestor: the disk's better mood does not bring back what it left.
    let store = try fixture.open()
    #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
    let manifest = try fixture.snapshot(fixture.restored(2), in: store)
    #expect(manifest.id == 4 && manifest.parent == 2)
  }

  @Test func whereNoneIsGoodNothingFreshIsMade() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    try fixture.damage(1)
    try fixture.damage(2)
    for _ in 0..<2 {
      let problem = #expect(throws: SnapshotProblem.self) { try fixture.open().openCurrent() }
      #expect(problem?.kind == .noGoodSnapshot)
      #expect(problem?.message.contains("backup") == true)
    }
    try FileManager.default.removeItem(atPath: fixture.archive.path("CURRENT"))
    try FileManager.default.removeItem(atPath: fixture.archive.path("lineage.log"))
    let problem = #expect(throws: SnapshotProblem.self) { try fixture.open().openCurrent() }
    #expect(problem?.kind == .noGoodSnapshot)
  }

  @Test func anAbandonedSnapshotIsNeverTaken() throws {
    let fixture = try Fixture()
    do {
      let (store, _) = try fixture.series(3)
      _ = try store.rollback(to: store.archive.load(1), position: .rewind)
      try fixture.snapshot(fixture.restored(4), in: store)
      #expect(try store.archive.list().filter(\.isAbandoned).map(\.id) == [2, 3])
    }
    try fixture.damage(5)
    try fixture.damage(4, SnapshotNames.manifest)
    let recovered = try #require(try fixture.open().openCurrent())
    #expect(recovered.snapshot.manifest.id == 1)
    #expect(recovered.setAside == [5, 4])
    #expect(recovered.skips.isEmpty)
  }

  /// 1 (100), 2 (200), 3 (300), 4 = back to 2 keeping 300, 5 (400): what lies between 200 and 300 stays skipped.
  @Test(arguments: [true, false])
  func whatAKeptPositionSkippedStaysSkipped(_ manifestIsReadable: Bool) throws {
    let fixture = try Fixture()
    do {
      let (store, model) = try fixture.series(3)
      let manifest = try store.rollback(
        to: store.archive.load(2), position: .keep(Fixture.position(300), skips: []))
      #expect(manifest.rollback?.skipped == [skip(200, 300)] && manifest.line == 2)
      #expect(manifest.eventsLearned == 200 && manifest.position == Fixture.position(300))
      Fixture.learn(300..<400, model)
      #expect(try fixture.snapshot(model, in: store).line == 2)
    }
    try fixture.damage(5)
    do {
      let recovered = try #require(try fixture.open().openCurrent())
      #expect(recovered.snapshot.manifest.id == 4)
      #expect(recovered.position == Fixture.position(300) && recovered.skips.isEmpty)
    }

    // The rollback's own manifest goes: back on 2, whose position stands at the beginning of the skip.
    if manifestIsReadable {
      try FileManager.default.removeItem(atPath: fixture.archive.path(4))
    } else {
      try fixture.damage(4, SnapshotNames.manifest)
    }
    do {
      let recovered = try #require(try fixture.open().openCurrent())
      #expect(recovered.snapshot.manifest.id == 2)
      #expect(recovered.position?[0]?.nextOffset == 300 && recovered.skips.isEmpty)
      #expect(recovered.position?[0]?.recordsLearned == 200)
    }
  }

  /// As above, but the snapshot that was gone back to is lost too: learning goes on before the skip.
  @Test func aSkipAheadOfThePositionIsHandedOn() throws {
    let fixture = try Fixture()
    do {
      let (store, _) = try fixture.series(3)
      _ = try store.rollback(to: store.archive.load(2), position: .keep(Fixture.position(300), skips: []))
    }
    try fixture.damage(2)
    let store = try fixture.open()
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == 1)
    #expect(recovered.setAside == [4, 2])
    #expect(recovered.position == Fixture.position(100))
    #expect(recovered.skips == [skip(200, 300)])
    let manifest = try fixture.snapshot(fixture.restored(1), in: store, skips: recovered.skips)
    #expect(try store.archive.manifest(manifest.id).skips == [skip(200, 300)])
    #expect(try store.openCurrent()?.skips == [skip(200, 300)])
  }

  /// Nothing is learned between two starts: the second finds only the ancestor, and must still know what is skipped.
  @Test func aSkipIsHonouredByEveryLaterStart() throws {
    let fixture = try Fixture()
    do {
      let (store, _) = try fixture.series(3)
      _ = try store.rollback(to: store.archive.load(2), position: .keep(Fixture.position(300), skips: []))
    }
    try fixture.damage(2)
    for _ in 0..<3 {
      let recovered = try #require(try fixture.open().openCurrent())
      #expect(recovered.snapshot.manifest.id == 1 && recovered.position == Fixture.position(100))
      #expect(recovered.skips == [skip(200, 300)])
    }
    do {
      let store = try fixture.open()
      _ = try store.rollback(to: store.archive.load(1), position: .rewind)
    }
    // Rewound to, the snapshot stands for itself, also once the rollback's manifest is gone.
    try fixture.damage(5, SnapshotNames.manifest)
    let recovered = try #require(try fixture.open().openCurrent())
    #expect(recovered.snapshot.manifest.id == 1 && recovered.skips.isEmpty)
  }

  /// A process that dies after setting a snapshot aside, before its ancestor is current, leaves what it carried.
  @Test func skipsOfASnapshotThatWasSetAsideAreRead() throws {
    let fixture = try Fixture()
    do {
      let (store, model) = try fixture.series(1)
      Fixture.learn(100..<150, model)
      try fixture.snapshot(model, in: store, skips: [skip(200, 300)])
    }
    let files = FileManager.default
    try files.moveItem(atPath: fixture.archive.path(2), toPath: fixture.archive.path(2) + ".damaged")
    let recovered = try #require(try fixture.open().openCurrent())
    #expect(recovered.snapshot.manifest.id == 1 && recovered.skips == [skip(200, 300)])
  }

  @Test func aNumberThatNobodyGaveIsNoSnapshots() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(1) }
    for name in ["18446744073709551615", "deleted-18446744073709551615", "9007199254740992"] {
      try FileManager.default.createDirectory(atPath: fixture.archive.path(name), withIntermediateDirectories: true)
    }
    let store = try fixture.open()
    #expect(try fixture.snapshot(fixture.restored(1), in: store).id == 2)
  }

  @Test func skipsAreJoinedAndPassedInOrder() {
    var position = Fixture.position(100)
    let skips = [skip(300, 400), skip(90, 150), skip(350, 360), skip(150, 200), skip(10, 20), skip(500, 500)]
    #expect(SkippedRanges.apply(skips, to: &position) == [skip(300, 400)])
    #expect(position[0]?.nextOffset == 200 && position[0]?.lastRecord == nil)
    #expect(SkippedRanges.end(of: skips, partition: 0, offset: 149) == 150)
    #expect(SkippedRanges.end(of: skips, partition: 0, offset: 200) == nil)
    #expect(SkippedRanges.end(of: skips, partition: 1, offset: 149) == nil)
  }
}
