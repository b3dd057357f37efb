import AttentionalFM
import EventSources
import Features
import LiveModel
import Testing

@testable import SnapshotStore

@Suite struct RoundTripTests {
  @Test(arguments: ModelConfiguration.Kind.allCases)
  func aModelComesBackAndLearnsOnAsIfNothingHadHappened(_ kind: ModelConfiguration.Kind) throws {
    let fixture = try Fixture(kind: kind)
    let store = try fixture.open()
    let model = try fixture.model()
    Fixture.learn(0..<500, model)
    let manifest = try fixture.snapshot(model, in: store)
    let restored = try fixture.restored(manifest.id)
    #expect(ModelState(restored) == ModelState(model))
    Fixture.learn(500..<900, model)
    Fixture.learn(500..<900, restored)
    #expect(ModelState(restored) == ModelState(model))
    for event in 0..<50 {
      #expect(Fixture.score(restored, event).bitPattern == Fixture.score(model, event).bitPattern)
    }
  }

  @Test func sectionsComeBackByNameAndVersion() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(1)
    let loaded = try store.archive.load(1)
    for section in Fixture.sections(model) {
      #expect(try loaded.section(section.name, upTo: section.version)?.version == section.version)
      let tensors = try #require(try loaded.section(section.name, upTo: 9)).tensors
      #expect(tensors.sorted { $0.name < $1.name } == section.tensors.sorted { $0.name < $1.name })
    }
    #expect(loaded.sectionNames == ["bare", "progressive", "quarantine"])
    #expect(try loaded.section("calibration", upTo: 1) == nil)
    let problem = #expect(throws: SnapshotProblem.self) { try loaded.section("progressive", upTo: 1) }
    #expect(problem?.kind == .unsupported)
    #expect(problem?.message.contains("version 2 of 'progressive'") == true)
  }

  @Test func anotherTableSizeOrOtherFieldsLoad() throws {
    let fixture = try Fixture()
    let (store, model) = try fixture.series(3)
    for slots in [64, 1024] {
      fixture.configuration.tableSlots = slots
      let restored = try fixture.restored(3)
      #expect(restored.table.slotCount == UInt64(slots))
      #expect(restored.eventsLearned == 300)
      if slots == 1024 {
        for event in 0..<50 { #expect(Fixture.score(restored, event) == Fixture.score(model, event)) }
      }
    }
    fixture.configuration.layout = FieldLayout(names: ["new", "carrier", "origin"])
    #expect(try fixture.restored(3).eventsLearned == 300)
    withExtendedLifetime(store) {}
  }

  @Test func anotherShapeIsRefusedWithBothValues() throws {
    let fixture = try Fixture()
    let (store, _) = try fixture.series(1)
    fixture.configuration.embeddingSize = 8
    let problem = #expect(throws: SnapshotProblem.self) { try fixture.restored(1) }
    #expect(problem?.kind == .incompatible)
    #expect(problem?.message.contains("5") == true && problem?.message.contains("8") == true)
    withExtendedLifetime(store) {}
  }

  @Test func theManifestReadsBackWhole() throws {
    let fixture = try Fixture()
    let store = try fixture.open()
    let model = try fixture.model()
    Fixture.learn(0..<100, model)
    let skips = [SkippedRange(partition: 3, from: 5, to: .max)]
    let manifest = try fixture.snapshot(model, in: store, skips: skips)
    #expect(try store.archive.manifest(1) == manifest)
    #expect(manifest.parent == nil && manifest.line == 1 && manifest.skips == skips)
    #expect(manifest.model == fixture.configuration)
    let text = String(decoding: try fixture.bytes(fixture.archive.path(1) + "/manifest.json"), as: UTF8.self)
    #expect(text.contains("\"seed\" : \"18446744073709551601\""))
    #expect(text.contains("\"events_learned\" : 100"))
    #expect(text.contains("\"label_path\" : \"a.b\""))
    #expect(try EmbeddedJSON(encoding: fixture.configuration).decode(ModelConfiguration.self) == fixture.configuration)
  }

  @Test func rowsThatDoNotFitAreRefused() throws {
    let fixture = try Fixture()
    let store = try fixture.open()
    let model = try fixture.model()
    Fixture.learn(0..<100, model)
    var segment = RowSegment()
    var sweep = RowSweep(model.table)
    _ = sweep.next(maximum: 3, into: &segment)

    let pending = try store.begin(ModelState(model))
    try pending.append(segment)
    #expect(throws: SnapshotProblem.self) { try pending.finish(fixture.facts(model)) }
    #expect(try store.archive.names() == ["lineage.log"])

    let broken = try store.begin(ModelState(model))
    var row = segment[1]
    row.weight = .nan
    segment.append(row)
    #expect(throws: SnapshotProblem.self) { try broken.append(segment) }
    #expect(throws: SnapshotProblem.self) { try broken.append(RowSegment(embeddingSize: 6)) }
    broken.discard()

    var state = ModelState(model)
    state.dense[0].values[0] = .infinity
    let problem = #expect(throws: SnapshotProblem.self) { try store.begin(state) }
    #expect(problem?.kind == .notFinite)
    #expect(try store.archive.names() == ["lineage.log"])
  }
}
