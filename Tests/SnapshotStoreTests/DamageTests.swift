import DurableFiles
import Foundation
import Testing
import Threads

@testable import SnapshotStore

/// Whatever byte of a snapshot is changed or missing, reading it says so, clearly.
@Suite struct DamageTests {
  private func expectDamaged(_ fixture: Fixture, _ id: UInt64, _ what: String) {
    let problem = #expect(throws: SnapshotProblem.self, "\(what)") { try fixture.archive.verify(id) }
    #expect(problem?.kind == .damaged, "\(what): \(problem?.message ?? "")")
    #expect(problem?.message.contains(fixture.archive.directory) == true)
  }

  @Test(arguments: [SnapshotNames.model, SnapshotNames.manifest])
  func everyChangedOrMissingByteIsNoticed(_ name: String) throws {
    let fixture = try Fixture(tableSlots: 32)
    let (store, _) = try fixture.series(1)
    let path = store.archive.path(1) + "/" + name
    let good = try fixture.bytes(path)
    let positions =
      Array(0..<min(good.count, 200)) + Array(stride(from: 200, to: good.count, by: 61)) + [good.count - 1]
    for position in positions {
      var bytes = good
      bytes[position] ^= 0x01
      try fixture.write(bytes, path)
      expectDamaged(fixture, 1, "\(name), byte \(position) changed")
      if position % 5 == 0 {
        try fixture.write(Array(good[..<position]), path)
        expectDamaged(fixture, 1, "\(name), cut at \(position)")
      }
    }
    try fixture.write(good + [0], path)
    expectDamaged(fixture, 1, "\(name), a byte more")
    try fixture.write(good, path)
    #expect(try store.archive.verify(1).id == 1)
    try FileManager.default.removeItem(atPath: path)
    expectDamaged(fixture, 1, "\(name) missing")
  }

  @Test func aManifestOfAnotherNumberIsNoticed() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(2)
    let manifest = try fixture.bytes(store.archive.path(1) + "/manifest.json")
    try fixture.write(manifest, store.archive.path(2) + "/manifest.json")
    expectDamaged(fixture, 2, "a copied manifest")
  }

  @Test func aManifestMayNotReferOutsideTheSnapshots() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(1)
    var manifest = try store.archive.manifest(1)
    for path in ["../../secret/model.safetensors", "/etc/passwd", "../../model.safetensors", "../1/model.safetensors"] {
      manifest.files[0].path = path
      #expect(store.archive.owner(of: manifest.files[0], in: 1) == nil)
      #expect(store.archive.path(of: manifest.files[0], in: 1) == store.archive.path(1) + "/model.safetensors")
    }
  }

  @Test func aNewerManifestIsUnsupportedNotDamaged() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(1)
    var manifest = try store.archive.manifest(1)
    manifest.formatVersion = Manifest.newestVersion + 1
    try fixture.write(ManifestFile.bytes(of: &manifest), store.archive.path(1) + "/manifest.json")
    let problem = #expect(throws: SnapshotProblem.self) { try store.openCurrent() }
    #expect(problem?.kind == .unsupported)
    #expect(store.archive.contains(1))
  }

  @Test(arguments: ["", "garbage", "000001", "1\n", "000009999999999999999999999\n", "\u{0}\u{0}\u{0}\u{0}"])
  func withoutAReadableCurrentTheLineageSaysWhichIs(_ content: String) throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    try fixture.write(Array(content.utf8), fixture.archive.path("CURRENT"))
    let store = try fixture.open()
    #expect(store.currentID == 2)
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == 2)
    #expect(store.notes.contains { $0.isDamage && $0.text.contains("CURRENT") })
    #expect(try fixture.archive.currentID() == 2)
  }

  @Test func aTornLineageLosesNothing() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let path = fixture.archive.path("lineage.log")
    let good = try fixture.bytes(path)
    for length in stride(from: 0, through: good.count, by: 29) {
      try fixture.write(Array(good[..<length]), path)
      let store = try fixture.open()
      #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
      #expect(store.lineage.ancestry(of: 2) == [2, 1])
      #expect(store.learningState == .running)
    }
  }

  /// The last record's bytes are all there, and one is wrong: no crash did that.
  @Test func aWrongLastRecordOfTheLineageStopsLearning() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let path = fixture.archive.path("lineage.log")
    let good = try fixture.bytes(path)
    for place in [good.count - 1, good.count - 30, good.count - 120] {
      var bytes = good
      bytes[place] ^= 1
      try fixture.write(bytes, path)
      let store = try fixture.open()
      #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
      guard case .stopped(.lineageDamaged, _) = store.learningState else {
        Issue.record("learning must wait for an operator")
        return
      }
      #expect(store.notes.contains { $0.isDamage && $0.text.contains("lineage.log is damaged") })
    }
  }

  @Test func aTornLastRecordOfTheLineageIsSaid() throws {
    let fixture = try Fixture()
    do {
      let (store, _) = try fixture.series(2)
      try store.record(learning: .paused)
    }
    let path = fixture.archive.path("lineage.log")
    let good = try fixture.bytes(path)
    var last = 8
    _ = try AppendLogReader.read(path) { record, index in if index < 2 { last += 16 + record.count } }
    let unwritten = Array(good[..<last]) + Array(repeating: 0, count: good.count - last)
    for bytes in [Array(good.dropLast(3)), unwritten] {
      try fixture.write(bytes, path)
      let store = try fixture.open()
      #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
      #expect(store.notes.count == 1 && store.notes[0].isDamage && store.notes[0].text.contains("cut short"))
    }
  }

  @Test func aDirectoryInThePlaceOfAFileIsDamage() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(3) }
    func replace(_ path: String) throws {
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try replace(fixture.archive.path("lineage.log"))
    do {
      let store = try fixture.open()
      #expect(store.learningState != .running)
      #expect(try store.openCurrent()?.snapshot.manifest.id == 3)
    }
    for (id, name) in [(UInt64(3), SnapshotNames.model), (2, SnapshotNames.manifest)] {
      try replace(fixture.archive.path(id) + "/" + name)
      expectDamaged(fixture, id, name)
    }
    #expect(try fixture.open().openCurrent()?.snapshot.manifest.id == 1)
  }

  /// The repair fails at each of its steps in turn: the next start still finds the damage, and waits for a word.
  @Test func aRepairOfTheLineageThatIsCutShortIsDoneAgain() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let path = fixture.archive.path("lineage.log")
    var bytes = try fixture.bytes(path)
    bytes[60] ^= 1
    var failures = 0
    for step in 0..<50 {
      try fixture.write(bytes, path)
      let calls = Lock(0)
      let problem = try FileFaults.with({ operation, at in
        guard at.hasPrefix(path), operation != "read", operation != "measure" else { return nil }
        return calls.withLock { calls in
          defer { calls += 1 }
          return calls >= step ? ENOSPC : nil
        }
      }) { () -> SnapshotProblem? in
        do {
          _ = try fixture.open()
          return nil
        } catch let problem as SnapshotProblem {
          return problem
        }
      }
      let store = try fixture.open()
      #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
      guard case .stopped(.lineageDamaged, _) = store.learningState else {
        Issue.record("learning must wait for an operator, also after a failure at step \(step)")
        return
      }
      if problem == nil { break }
      failures += 1
    }
    #expect(failures > 5 && failures < 49)
  }

  @Test func aDamagedLineageIsSetAsideAndStopsLearning() throws {
    let fixture = try Fixture()
    do {
      let (store, _) = try fixture.series(2)
      try store.record(learning: .paused)
    }
    let path = fixture.archive.path("lineage.log")
    var bytes = try fixture.bytes(path)
    bytes[60] ^= 1
    try fixture.write(bytes, path)
    for _ in 0..<2 {
      let store = try fixture.open()
      #expect(try store.openCurrent()?.snapshot.manifest.id == 2)
      guard case .stopped(.lineageDamaged, _) = store.learningState else {
        Issue.record("learning must wait for an operator")
        return
      }
      #expect(store.lineage.ancestry(of: 2) == [2, 1])
    }
    #expect(try fixture.bytes(path + ".damaged") == bytes)
  }
}
