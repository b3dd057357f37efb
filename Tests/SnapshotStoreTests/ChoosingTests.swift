import Foundation
import Testing

@testable import SnapshotStore

/// What an operator does with a state directory that no daemon uses: chooses a snapshot, or begins anew.
@Suite struct ChoosingTests {
  @Test func aChosenSnapshotIsStartedFromOnANewLine() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(3) }
    do {
      let store = try fixture.open()
      #expect(try store.choose(1).manifest.eventsLearned == 100)
      #expect(store.lineage.line == 2)
    }
    let store = try fixture.open()
    #expect(store.notes.isEmpty)
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == 1 && recovered.damage == nil)
    #expect(try fixture.archive.list().filter(\.isAbandoned).map(\.id) == [2, 3])
    let manifest = try fixture.snapshot(fixture.restored(1), in: store)
    #expect(manifest.id == 4 && manifest.parent == 1 && manifest.line == 2)
  }

  @Test func aDamagedSnapshotCannotBeChosen() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    try fixture.damage(1)
    let store = try fixture.open()
    #expect(throws: SnapshotProblem.self) { try store.choose(1) }
    #expect(throws: SnapshotProblem.self) { try store.choose(7) }
    #expect(store.currentID == 2)
  }

  @Test func aSnapshotBroughtBackCanBeChosenWhereNothingElseIsGood() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(2) }
    let files = FileManager.default
    try files.copyItem(atPath: fixture.archive.path(2), toPath: fixture.directory.path("backup"))
    try fixture.damage(1)
    try fixture.damage(2)
    do {
      let problem = #expect(throws: SnapshotProblem.self) { try fixture.open().openCurrent() }
      #expect(problem?.kind == .noGoodSnapshot)
      #expect(problem?.message.contains("afmctl snapshots choose") == true)
      #expect(problem?.message.contains("--fresh") == true)
    }
    // Nothing was changed by the start that found nothing.
    #expect(try fixture.archive.ids() == [1, 2])
    try files.removeItem(atPath: fixture.archive.path(2))
    try files.moveItem(atPath: fixture.directory.path("backup"), toPath: fixture.archive.path(2))
    _ = try fixture.open().choose(2)
    #expect(try fixture.open().openCurrent()?.snapshot.manifest.id == 2)
  }

  @Test func whatLearnedNothingIsNotTakenInsteadOfWhatDid() throws {
    let fixture = try Fixture()
    do {
      let store = try fixture.open()
      let model = try fixture.model()
      try fixture.snapshot(model, in: store)
      Fixture.learn(0..<100, model)
      try fixture.snapshot(model, in: store)
    }
    try fixture.damage(2)
    for _ in 0..<2 {
      let problem = #expect(throws: SnapshotProblem.self) { try fixture.open().openCurrent() }
      #expect(problem?.kind == .noGoodSnapshot && problem?.message.contains("learned nothing") == true)
    }
    #expect(try fixture.archive.ids() == [1, 2])
    // An operator may want it all the same.
    _ = try fixture.open().choose(1)
    #expect(try fixture.open().openCurrent()?.snapshot.manifest.id == 1)
  }

  @Test func whereNoneEverLearnedAnythingTheAncestorIsAsGood() throws {
    let fixture = try Fixture()
    do {
      let store = try fixture.open()
      let model = try fixture.model()
      for _ in 0..<2 { try fixture.snapshot(model, in: store) }
    }
    try fixture.damage(2)
    #expect(try fixture.open().openCurrent()?.snapshot.manifest.id == 1)
  }

  @Test func beginningAnewSetsAllAsideAndGivesNoNumberTwice() throws {
    let fixture = try Fixture()
    let state = fixture.directory
    do {
      let (store, _) = try fixture.series(3)
      try store.record(learning: .stopped(.positionLost, detail: ""))
    }
    try FileManager.default.createDirectory(atPath: state.path("journal"), withIntermediateDirectories: true)
    do {
      let store = try fixture.open()
      let aside = try #require(try store.beginAnew(with: ["journal", "quarantine.ndjson"]))
      #expect(aside == state.path("set-aside-000003"))
      #expect(try store.openCurrent() == nil && store.learningState == .running)
    }
    #expect(!FileManager.default.fileExists(atPath: state.path("journal")))
    #expect(FileManager.default.fileExists(atPath: state.path("set-aside-000003/journal")))
    #expect(try fixture.archive.names() == ["lineage.log"])
    let old = SnapshotArchive(stateDirectory: state.path("set-aside-000003"))
    #expect(try old.ids() == [1, 2, 3] && old.currentID() == 3)
    for id in try old.ids() { _ = try old.verify(id) }
    let store = try fixture.open()
    #expect(store.notes.isEmpty)
    #expect(try store.openCurrent() == nil)
    let manifest = try fixture.snapshot(fixture.model(), in: store)
    #expect(manifest.id == 4 && manifest.parent == nil && manifest.line == 2)
    #expect(try store.openCurrent()?.snapshot.manifest.id == 4)
  }

  @Test func anEmptyDirectoryHasNothingToSetAside() throws {
    let fixture = try Fixture()
    #expect(try fixture.open().beginAnew(with: ["journal"]) == nil)
    #expect(try fixture.archive.history().isEmpty)
  }

  /// The process dies between two moves: the next start moves the rest.
  @Test func beginningAnewIsFinishedAfterACrash() throws {
    let fixture = try Fixture()
    let state = fixture.directory
    do { _ = try fixture.series(3) }
    let files = FileManager.default
    _ = try fixture.open().beginAnew(with: ["journal"])
    let aside = state.path("set-aside-000003")
    try files.moveItem(atPath: aside, toPath: aside + ".partial")
    try files.moveItem(atPath: aside + ".partial/snapshots/000002", toPath: fixture.archive.path(2))
    try files.createDirectory(atPath: state.path("journal"), withIntermediateDirectories: true)
    #expect(try fixture.open().openCurrent() == nil)
    #expect(try fixture.archive.names() == ["lineage.log"])
    #expect(try SnapshotArchive(stateDirectory: aside).ids() == [1, 2, 3])
    #expect(files.fileExists(atPath: aside + "/journal"))
    // What is made from here on is the new model's.
    try files.createDirectory(atPath: state.path("journal"), withIntermediateDirectories: true)
    _ = try fixture.open()
    #expect(files.fileExists(atPath: state.path("journal")))
  }
}
