import AttentionalFM
import LiveModel
import Testing

@testable import SnapshotStore

@Suite struct ExportTests {
  private func export(_ fixture: Fixture, _ id: UInt64) throws -> [UInt8] {
    let path = fixture.directory.path("export.safetensors")
    try fixture.archive.export(id, to: path)
    return try fixture.bytes(path)
  }

  @Test func equalModelsExportEqualBytesHoweverTheyWereSaved() throws {
    let whole = try Fixture()
    let (store, _) = try whole.series(5)
    let wanted = try export(whole, 5)

    let broken = try Fixture()
    var model = try broken.model()
    for number in 0..<5 {
      let store = try broken.open()
      if number > 0 { model = try broken.restored(UInt64(number * 2)) }
      Fixture.learn(number * 100..<number * 100 + 50, model)
      try broken.snapshot(model, in: store, rowsAtOnce: 1)
      Fixture.learn(number * 100 + 50..<(number + 1) * 100, model)
      try broken.snapshot(model, in: store, rowsAtOnce: 1000)
    }
    #expect(try export(broken, 10) == wanted)
    #expect(try export(broken, 9) != wanted)
    withExtendedLifetime(store) {}
  }

  @Test func rowsAreExportedInSlotOrderAndPrivateSectionsAreNot() throws {
    let fixture = try Fixture()
    let store = try fixture.open()
    let model = try fixture.model()
    Fixture.learn(0..<200, model)
    try fixture.snapshot(model, in: store)
    let wanted = try export(fixture, 1)

    let pending = try store.begin(ModelState(model), sections: Fixture.sections(model).reversed())
    var segments: [RowSegment] = []
    var sweep = RowSweep(model.table)
    var segment = RowSegment()
    while sweep.next(maximum: 3, into: &segment) { segments.append(segment) }
    for segment in segments.reversed() { try pending.append(segment) }
    _ = try pending.finish(fixture.facts(model, reason: .request))
    #expect(try export(fixture, 2) == wanted)

    let file = try SafetensorsFile(fixture.directory.path("export.safetensors"))
    #expect(file["quarantine/length"] == nil && file["progressive/sums"] != nil)
    #expect(file.metadata["section.quarantine"] == nil && file.metadata["section.bare"] == "1")
    #expect(file.metadata["events_learned"] == "200" && file.metadata["k"] == "5")
    #expect(file.metadata["fields"] == "[\"carrier\",\"origin\",\"täg \\\"x\\\"\"]")
    #expect(try fixture.restored(2).eventsLearned == 200)
  }

  @Test func aRolledBackSnapshotExportsAsItsTarget() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(2)
    _ = try store.rollback(to: store.archive.load(1), position: .rewind)
    #expect(try export(fixture, 3) == export(fixture, 1))
  }

  @Test func exportingWhereNothingCanBeWrittenSaysSo() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(1)
    let problem = #expect(throws: SnapshotProblem.self) {
      try store.archive.export(1, to: fixture.directory.path("no/such/file"))
    }
    #expect(problem?.message.contains("no/such/file") == true)
    let unknown = #expect(throws: SnapshotProblem.self) { try store.archive.export(9, to: "/dev/null") }
    #expect(unknown?.kind == .unknownSnapshot)
  }
}
