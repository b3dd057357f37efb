import DurableFiles
import EventSources
import Foundation
import Testing

@testable import SnapshotStore

/// `CURRENT` is checksummed, and the lineage decides.
@Suite struct CurrentTests {
  private func current(_ fixture: Fixture) throws -> String {
    String(decoding: try fixture.bytes(fixture.archive.path("CURRENT")), as: UTF8.self)
  }

  private func damage(_ store: SnapshotStore) -> [String] {
    store.notes.filter(\.isDamage).map(\.text)
  }

  @Test func noFlippedBitOfCurrentServesAnotherSnapshot() throws {
    let fixture = try Fixture(tableSlots: 32)
    do { _ = try fixture.series(3) }
    let path = fixture.archive.path("CURRENT")
    let good = try fixture.bytes(path)
    #expect(good.count == 24 && good.starts(with: "000003 ".utf8))
    for bit in 0..<good.count * 8 {
      var bytes = good
      bytes[bit / 8] ^= 1 << (bit % 8)
      try fixture.write(bytes, path)
      #expect(try fixture.archive.currentID() == 3)
      let store = try fixture.open()
      #expect(store.currentID == 3 && damage(store).contains { $0.contains("CURRENT is damaged") })
      #expect(try fixture.bytes(path) == good)
    }
    for length in 0..<good.count {
      try fixture.write(Array(good[..<length]), path)
      #expect(try fixture.open().currentID == 3)
    }
  }

  @Test func plainDigitsOfOlderDirectoriesLoadAndGetAChecksum() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let good = try current(fixture)
    try fixture.write(Array("000002\n".utf8), fixture.archive.path("CURRENT"))
    #expect(try fixture.archive.currentID() == 2)
    let store = try fixture.open()
    #expect(store.currentID == 2 && store.notes.isEmpty)
    #expect(try current(fixture) == good)
  }

  @Test(arguments: ["000001\n", "000005\n"])
  func whereDigitsAndLineageDisagreeTheLineageDecidesAndItIsSaid(_ digits: String) throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let good = try current(fixture)
    try fixture.write(Array(digits.utf8), fixture.archive.path("CURRENT"))
    let store = try fixture.open()
    #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
    #expect(damage(store).count == 1 && damage(store).first?.contains("afmctl snapshots choose") == true)
    #expect(try current(fixture) == good)
  }

  @Test func aDirectoryInThePlaceOfCurrentIsSetAside() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let path = fixture.archive.path("CURRENT")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path + "/in-the-way", withIntermediateDirectories: true)
    do {
      let store = try fixture.open()
      #expect(store.currentID == 2 && damage(store).count == 1)
    }
    #expect(try current(fixture).hasPrefix("000002 "))
    #expect(try fixture.open().notes.isEmpty)
  }

  /// 1, 2, 3, 4 = back to 2 keeping 300, 5: whatever end of the lineage is cut off, none of it is undone.
  @Test func aLineageThatLacksItsEndUndoesNothing() throws {
    let fixture = try Fixture(tableSlots: 32)
    do {
      let (store, model) = try fixture.series(3)
      _ = try store.rollback(to: store.archive.load(2), position: .keep(Fixture.position(300), skips: []))
      Fixture.learn(300..<400, model)
      try fixture.snapshot(model, in: store)
    }
    let path = fixture.archive.path("lineage.log")
    let whole = try fixture.bytes(path)
    let digits = fixture.archive.path("CURRENT")
    let current = try fixture.bytes(digits)
    var ends: [Int] = [8]
    _ = try AppendLogReader.read(path) { record, _ in ends.append((ends.last ?? 0) + 16 + record.count) }
    for (count, end) in ends.enumerated() {
      for isThere in [true, false] {
        try fixture.write(Array(whole[..<end]), path)
        if isThere { try fixture.write(current, digits) } else { try FileManager.default.removeItem(atPath: digits) }
        let store = try fixture.open()
        let recovered = try #require(try store.openCurrent())
        #expect(recovered.snapshot.manifest.id == 5 && recovered.setAside.isEmpty && recovered.damage == nil)
        #expect(store.lineage.rollbacks[4]?.skipped == [SkippedRange(partition: 0, from: 200, to: 300)])
        #expect(damage(store).isEmpty == (count > 3 && isThere))
        #expect(try fixture.archive.list().filter(\.isAbandoned).map(\.id) == [3])
      }
    }
  }

  /// Retention has removed what leads from the records that are left to the current snapshot.
  @Test func currentDecidesWhereTheLineageLacksAllThatLedToIt() throws {
    let fixture = try Fixture()
    let path = fixture.archive.path("lineage.log")
    do {
      let (store, _) = try fixture.series(1)
      _ = store
    }
    let beginning = try fixture.bytes(path)
    do {
      let store = try fixture.open()
      let model = try fixture.restored(1)
      for number in 1..<5 {
        Fixture.learn(number * 100..<(number + 1) * 100, model)
        try fixture.snapshot(model, in: store)
      }
      _ = try store.retain(last: 2)
    }
    for (turn, bytes) in [beginning, Array(beginning[..<8]), [], beginning].enumerated() {
      if turn > 1 { try fixture.write(Array("000005\n".utf8), fixture.archive.path("CURRENT")) }
      try fixture.write(bytes, path)
      let store = try fixture.open()
      #expect(try store.openCurrent()?.snapshot.manifest.id == 5)
      #expect(damage(store).count == 1)
      #expect(try fixture.archive.list().filter(\.isAbandoned).isEmpty)
    }
  }

  @Test func ofSeveralThatWereBeingCommittedTheOneThatCurrentNamesIsTakenElseTheNewest() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(3) }
    var lineage = Lineage()
    lineage.apply(.snapshot(LineageRecord.Snapshot(try fixture.archive.manifest(1))))
    var other = try fixture.archive.manifest(3)
    other.parent = 1
    let unknown = [try fixture.archive.manifest(2), other]
    func choose(_ current: CurrentFile) -> UInt64? {
      CurrentChoice(
        lineage, isDamaged: false, current: current, file: "CURRENT", unknown: unknown, isThere: { _ in true }
      ).id
    }
    #expect(choose(.names(2)) == 2)
    #expect(choose(.claims(2)) == 2)
    #expect(choose(.names(3)) == 3)
    #expect(choose(.names(1)) == 3)
    #expect(choose(.damaged) == 3)
    other.parent = nil
    let choice = CurrentChoice(
      lineage, isDamaged: false, current: .damaged, file: "CURRENT", unknown: [other], isThere: { _ in true })
    #expect(choice.id == 1)
  }

  @Test func aDamagedManifestOfTheNewestIsSaidAndItsParentTaken() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let lineage = fixture.archive.path("lineage.log")
    var ends: [Int] = [8]
    _ = try AppendLogReader.read(lineage) { record, _ in ends.append((ends.last ?? 0) + 16 + record.count) }
    try fixture.write(Array(try fixture.bytes(lineage)[..<ends[1]]), lineage)
    try fixture.damage(2, SnapshotNames.manifest)
    let store = try fixture.open()
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == 1)
    #expect(recovered.damage?.snapshot == 2 && recovered.damage?.taken == 1)
    #expect(damage(store).contains { $0.contains("set aside") })
    #expect(try fixture.snapshot(fixture.restored(1), in: store).id == 3)
  }
}
