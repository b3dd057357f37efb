import EventSources
import Foundation
import TestSupport
import Testing

@testable import SnapshotStore

/// What an older version wrote is opened as it left it: current snapshot, position, skips, pins, lineage and exports.
@Suite struct KeptStateTests {
  /// What a fixture says it leads to, as far as a store knows it.
  private struct Expected: Decodable {
    var current: UInt64
    var skips: [SkippedRange]
    var position: SourcePosition
    var pinned: [UInt64]
    var paused: Bool
    var setAside: [UInt64]
    var rollbacks: [RollbackMode]
    var exports: [String: String]
  }

  private func ends(_ skip: SkippedRange) -> [Int64] { [Int64(skip.partition), skip.from, skip.to] }

  @Test(arguments: KeptState.names)
  func aStoreOpensItAsItWasLeft(name: String) throws {
    let kept = try KeptState(name)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let expected = try decoder.decode(Expected.self, from: kept.expected())
    let lineage = try SnapshotArchive(stateDirectory: kept.state).lineage()
    #expect(lineage.rollbacks.sorted { $0.key < $1.key }.map(\.value.mode) == expected.rollbacks)
    #expect(lineage.current == expected.current)

    let store = try SnapshotStore(stateDirectory: kept.state)
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == expected.current)
    #expect(recovered.position == expected.position)
    #expect(recovered.skips.map(ends) == expected.skips.map(ends))
    #expect(recovered.setAside.isEmpty)
    #expect(try store.archive.ids().filter(store.archive.isPinned) == expected.pinned)
    #expect(try store.archive.list().filter(\.isSetAside).map(\.id) == expected.setAside)
    #expect(store.learningState == (expected.paused ? .paused : .running))

    let exported = kept.state + "/export.safetensors"
    try store.archive.export(expected.current, to: exported)
    #expect(try Data(contentsOf: URL(fileURLWithPath: exported)) == kept.loadedExport())
    #expect(try store.archive.ids().map { "\($0)" }.sorted() == expected.exports.keys.sorted())
    for id in try store.archive.ids() { _ = try store.archive.verify(id) }
  }
}
