import AttentionalFM
import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import SnapshotStore

/// Snapshots of formats that were written before stay readable, and newer ones are refused by what reads older ones.
@Suite struct FormatTests {
  /// A state directory as afmd 0.1.0 wrote it before there were chains, and the XXH3-128 of what it exported.
  private static let old = PythonTests.root.appendingPathComponent("Tests/Snapshots/FormatVersion1/snapshots").path
  private static let exported = "ebd0a02d8310ce489f9a82eeb11ff52c"

  @Test func aSnapshotOfVersion1IsReadAndContinued() throws {
    let fixture = try Fixture()
    try FileManager.default.copyItem(atPath: FormatTests.old, toPath: fixture.archive.directory)
    let store = try fixture.open()
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == 2 && recovered.snapshot.manifest.eventsLearned == 100)
    #expect(recovered.snapshot.manifest.formatVersion == 1 && recovered.snapshot.manifest.base == nil)
    #expect(recovered.setAside.isEmpty)
    _ = try fixture.export(2)
    #expect(try Checksum.xxh3Hex128(ofFile: fixture.directory.path("export-of-2.safetensors")) == FormatTests.exported)

    let model = try Model(configuration: recovered.snapshot.manifest.model)
    try recovered.snapshot.restore(into: model)
    fixture.configuration = recovered.snapshot.manifest.model
    let row = try #require(Chain.rows(model).first)
    let pending = try store.begin(ModelState(model), extent: .changed(rows: 1, since: 2))
    try pending.append(row)
    #expect(try pending.finish(fixture.facts(model)).files.count == 2)
    #expect(try fixture.holds(3, model))
  }

  @Test func whatReadsOnlyVersion1RefusesAChain() throws {
    let fixture = try Fixture()
    let chain = try Chain(fixture, fixture.open())
    chain.learn(0..<20)
    try chain.save()
    chain.learn(20..<40)
    try chain.save()
    for (id, version) in [(UInt64(1), 1), (2, 2)] {
      #expect(try fixture.archive.manifest(id).formatVersion == version)
      let file = try SafetensorsFile(fixture.archive.path(id) + "/model.safetensors")
      #expect(file.metadata["format_version"] == "\(version)")
    }
    // An export is one whole file again.
    _ = try fixture.export(2)
    let export = try SafetensorsFile(fixture.directory.path("export-of-2.safetensors"))
    #expect(export.metadata["format_version"] == "1" && export.metadata["table_claimed"] == nil)
  }

  @Test func whatWouldLeaveOutTheFieldPairWeightsRefusesThem() throws {
    let fixture = try Fixture()
    fixture.configuration.fieldPairWeights = true
    let (store, model) = try fixture.series(1)
    #expect(try fixture.archive.manifest(1).formatVersion == 3)
    let file = try SafetensorsFile(fixture.archive.path(1) + "/model.safetensors")
    #expect(file.metadata["field_pair_weights"] == "true")
    #expect(try fixture.restored(1).denseTensors == model.denseTensors)
    withExtendedLifetime(store) {}
  }
}
