import AttentionalFM
import Foundation
import LiveModel
import Testing

@testable import SnapshotStore

/// Where the state directory was moved away, removed or replaced nothing is acknowledged, and nothing is written where
/// another daemon may be; put back, everything goes on.
@Suite struct ReplacedDirectoryTests {
  private func expectReplaced(_ body: () throws -> Void) {
    let problem = #expect(throws: SnapshotProblem.self, performing: body)
    #expect(problem?.kind == .replaced, "\(String(describing: problem))")
  }

  private func refusesEverything(
    _ fixture: Fixture, _ store: SnapshotStore, _ model: Model, _ target: LoadedSnapshot
  ) throws {
    expectReplaced { try fixture.snapshot(model, in: store) }
    expectReplaced { try store.record(learning: .paused) }
    expectReplaced { try store.setPin(true, snapshot: 1) }
    expectReplaced { _ = try store.retain(last: 1) }
    expectReplaced { _ = try store.rollback(to: target, position: .rewind) }
    #expect(store.placeProblem?.contains(fixture.directory.path) == true)
    #expect(store.learningState == .running)
  }

  @Test(arguments: ["", "snapshots"])
  func whatWasMovedAwayIsNotWrittenAnew(_ part: String) throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(2)
    let target = try store.archive.load(1)
    let files = FileManager.default
    let place = part.isEmpty ? fixture.directory.path : fixture.directory.path(part)
    let away = fixture.directory.path + "-away"
    try files.moveItem(atPath: place, toPath: away)
    try refusesEverything(fixture, store, model, target)
    #expect(!files.fileExists(atPath: place))
    try files.moveItem(atPath: away, toPath: place)
    #expect(try fixture.snapshot(model, in: store).id > 2)
    try store.record(learning: .paused)
    #expect(store.placeProblem == nil && store.learningState == .paused)
  }

  @Test func anotherDaemonsDirectoryIsLeftAlone() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(2)
    let target = try store.archive.load(1)
    let files = FileManager.default
    let away = fixture.directory.path + "-away"
    try files.moveItem(atPath: fixture.directory.path, toPath: away)
    defer { try? files.removeItem(atPath: away) }
    do {
      let (other, _) = try fixture.series(1)
      let before = try fixture.archive.history()
      try refusesEverything(fixture, store, model, target)
      #expect(try fixture.archive.names() == ["000001", "CURRENT", "lineage.log"])
      #expect(try fixture.archive.history() == before)
      #expect(!other.archive.isPinned(1))
    }
  }

  @Test func aLockThatWasRemovedProtectsNothing() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(2)
    let target = try store.archive.load(1)
    try FileManager.default.removeItem(atPath: fixture.directory.path("LOCK"))
    try refusesEverything(fixture, store, model, target)
  }

  /// A snapshot that was begun before, finished after.
  @Test func aSnapshotUnderWayIsNotAcknowledged() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(1)
    let pending = try store.begin(ModelState(model))
    var sweep = RowSweep(model.table)
    var segment = RowSegment()
    while sweep.next(maximum: 100, into: &segment) { try pending.append(segment) }
    let away = fixture.directory.path + "-away"
    try FileManager.default.moveItem(atPath: fixture.directory.path, toPath: away)
    expectReplaced { _ = try pending.finish(fixture.facts(model)) }
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.path))
    try FileManager.default.moveItem(atPath: away, toPath: fixture.directory.path)
    #expect(try fixture.archive.ids() == [1])
    #expect(try fixture.snapshot(model, in: store).parent == 1)
  }
}
