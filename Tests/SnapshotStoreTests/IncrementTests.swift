import AttentionalFM
import Foundation
import Testing

@testable import SnapshotStore

/// Snapshots that hold only what changed come to the same model as full ones, however they are chained.
@Suite struct IncrementTests {
  @Test(arguments: [1, 2, 3, 4])
  func aChainHoldsTheModelBitForBit(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let kind = ModelConfiguration.Kind.allCases[Int(seed) % 3]
    // A tiny table evicts all the time, a large one never.
    let fixture = try Fixture(kind: kind, tableSlots: seed % 2 == 0 ? 16 : 512)
    let chain = try Chain(fixture, fixture.open())
    let whole = try Fixture(kind: kind, tableSlots: fixture.configuration.tableSlots)
    let wholeStore = try whole.open()
    var event = 0
    var models: [UInt64: [RowSegment]] = [:]
    for step in 0..<18 {
      let next = event + Int.random(in: 0...40, using: &random)
      chain.learn(event..<next, values: 40)
      event = next
      let manifest = try chain.save(isFull: step == 0 || Int.random(in: 0..<8, using: &random) == 0) {
        $0.shuffled(using: &random)
      }
      #expect(manifest.base == (manifest.files.count > 1 ? manifest.parent : nil))
      #expect(try fixture.holds(manifest.id, chain.model))
      models[manifest.id] = Chain.rows(chain.model)
      if step % 3 == 0 {
        let full = try whole.snapshot(chain.model, in: wholeStore)
        #expect(try fixture.export(manifest.id) == whole.export(full.id))
      }
      if step % 7 == 6, let target = models.keys.randomElement(using: &random) {
        let rolled = try chain.goBack(to: target)
        #expect(rolled.ownFiles.isEmpty && rolled.base == nil)
        #expect(Chain.rows(chain.model) == models[target])
        models[rolled.id] = models[target]
      }
    }
    for (id, rows) in models { #expect(try Chain.rows(fixture.restored(id)) == rows) }
    #expect(try fixture.archive.list().contains { ($0.manifest?.files.count ?? 0) > 2 })
  }

  @Test func anotherTableSizeHoldsTheSameHoweverTheRowsWereSaved() throws {
    let fixture = try Fixture(tableSlots: 128)
    let chain = try Chain(fixture, fixture.open())
    var random = SplitMix(state: 9)
    for step in 0..<6 {
      chain.learn(step * 30..<(step + 1) * 30, values: 30)
      try chain.save { $0.shuffled(using: &random) }
    }
    let whole = try Fixture(tableSlots: 128)
    let wholeStore = try whole.open()
    let id = try whole.snapshot(chain.model, in: wholeStore).id
    for slots in [16, 64, 1024] {
      fixture.configuration.tableSlots = slots
      whole.configuration.tableSlots = slots
      #expect(try fixture.holds(6, whole.restored(id)))
    }
  }

  @Test func theManifestNamesTheWholeChain() throws {
    let fixture = try Fixture()
    let chain = try Chain(fixture, fixture.open())
    for step in 0..<3 {
      chain.learn(step * 10..<(step + 1) * 10)
      let changed = chain.changed.count
      let manifest = try chain.save()
      #expect(manifest.files.last?.rows == UInt64(changed))
    }
    let manifest = try fixture.archive.manifest(3)
    #expect(manifest.formatVersion == 2 && manifest.base == 2)
    #expect(
      manifest.files.map(\.path) == [
        "../000001/model.safetensors", "../000002/model.safetensors", "model.safetensors",
      ])
    #expect(try fixture.archive.manifest(1).formatVersion == 1)
    let rolled = try chain.goBack(to: 3)
    #expect(rolled.formatVersion == 2)
    #expect(rolled.files.map(\.path).last == "../000003/model.safetensors")
    chain.learn(30..<40)
    let next = try chain.save()
    #expect(next.base == 4 && next.files.count == 4)
    #expect(next.files.map(\.checksum).prefix(3) == manifest.files.map(\.checksum)[...])
    #expect(next.ownSize == next.files[3].size && next.totalSize > next.ownSize)
    #expect(try fixture.holds(5, chain.model))
  }

  @Test func anUnchangedModelCostsNoRows() throws {
    let fixture = try Fixture()
    let chain = try Chain(fixture, fixture.open())
    chain.learn(0..<50)
    try chain.save()
    let manifest = try chain.save()
    #expect(manifest.files.last?.rows == 0)
    #expect(try fixture.holds(2, chain.model))
    #expect(try fixture.export(2) == fixture.export(1))
  }

  @Test func changesCountedFromAnotherSnapshotAreRefused() throws {
    let fixture = try Fixture()
    let chain = try Chain(fixture, fixture.open())
    chain.learn(0..<50)
    try chain.save()
    try chain.save(isFull: true)
    let state = ModelState(chain.model)
    let superseded = #expect(throws: SnapshotProblem.self) {
      try chain.store.begin(state, extent: .changed(rows: 0, since: 1))
    }
    #expect(superseded?.kind == .superseded)
    let misuse = #expect(throws: SnapshotProblem.self) {
      try chain.store.begin(state, extent: .changed(rows: 1000, since: 2))
    }
    #expect(misuse?.kind == .misuse)
    let pending = try chain.store.begin(state, extent: .changed(rows: 1, since: 2))
    _ = try chain.store.rollback(to: chain.store.archive.load(1), position: .rewind)
    try pending.append(Chain.rows(chain.model)[0])
    let late = #expect(throws: SnapshotProblem.self) { try pending.finish(fixture.facts(chain.model)) }
    #expect(late?.kind == .superseded)
  }

  @Test func rowsThatNobodySavedAreMissed() throws {
    let fixture = try Fixture()
    let chain = try Chain(fixture, fixture.open())
    chain.learn(0..<5)
    try chain.save()
    chain.learn(5..<50)
    let known = Set(try Chain.rows(fixture.restored(1)).map { $0.slot[0] })
    let new = try #require(chain.changed.first { !known.contains($0.slot[0]) })
    try chain.save { rows in rows.map { $0 == new ? rows[0] : $0 } }
    let problem = #expect(throws: SnapshotProblem.self) { try fixture.restored(2) }
    #expect(problem?.kind == .damaged)
    #expect(throws: SnapshotProblem.self) { _ = try fixture.export(2) }
  }
}
