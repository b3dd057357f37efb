import AttentionalFM
import Foundation
import Testing

@testable import SnapshotStore

/// What may happen to a chain: crashes, damage, retention, an older version.
@Suite struct ChainSafetyTests {
  /// A store with the full snapshot 1 and the incremental ones 2, 3, ... after 10, 20, ... events.
  private func chain(_ fixture: Fixture, _ count: Int) throws -> Chain {
    let chain = try Chain(fixture, fixture.open())
    for step in 0..<count {
      chain.learn(step * 10..<(step + 1) * 10)
      try chain.save()
    }
    return chain
  }

  @Test(arguments: SnapshotStep.allCases)
  func aCrashAtAnyStepLeavesTheOldOrTheNew(_ step: SnapshotStep) throws {
    let fixture = try Fixture()
    let failing = FailingStep()
    do {
      let store = try fixture.open { (reached) throws(SnapshotProblem) in try failing.check(reached) }
      let chain = try Chain(fixture, store)
      for round in 0..<3 {
        chain.learn(round * 10..<(round + 1) * 10)
        if round < 2 { try chain.save() }
      }
      failing.arm(step)
      #expect(throws: SnapshotProblem.self) { try chain.save() }
    }
    let wanted: UInt64 = step == .renamed || step == .currentReplaced || step == .recorded ? 3 : 2
    let store = try fixture.open()
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == wanted && recovered.setAside.isEmpty)
    #expect(recovered.snapshot.manifest.eventsLearned == wanted * 10)
    for id in try fixture.archive.ids() { _ = try fixture.archive.verify(id) }
    #expect(try fixture.archive.names().allSatisfy { !$0.hasPrefix("tmp-") })
  }

  @Test(arguments: [1, 2, 3])
  func damageOfAFileTakesAllThatBuildOnIt(_ damaged: UInt64) throws {
    let fixture = try Fixture()
    do {
      let chain = try chain(fixture, 1)
      for step in 1..<5 {
        chain.learn(step * 10..<(step + 1) * 10)
        try chain.save(isFull: step == 1)
      }
    }
    // 1 and 2 are full; 3, 4 and 5 build on 2.
    try fixture.damage(damaged + 1)
    let store = try fixture.open()
    for id in UInt64(1)...5 {
      let isGood = (try? fixture.archive.verify(id)) != nil
      #expect(isGood == (id <= damaged))
    }
    let recovered = try #require(try store.openCurrent())
    #expect(recovered.snapshot.manifest.id == damaged)
    #expect(recovered.setAside == Array((damaged + 1...5).reversed()))
    #expect(recovered.notes[0].text.contains("00000\(damaged + 1)/model.safetensors is damaged"))
    let model = try fixture.restored(damaged)
    let rows = Chain.rows(model).prefix(1)
    let pending = try store.begin(ModelState(model), extent: .changed(rows: 1, since: damaged))
    for row in rows { try pending.append(row) }
    #expect(try pending.finish(fixture.facts(model)).id == 6)
    #expect(try fixture.holds(6, model))
  }

  @Test func aMissingOrDamagedManifestOfABaseHurtsNobodyElse() throws {
    let fixture = try Fixture()
    let chain = try chain(fixture, 3)
    try fixture.damage(2, SnapshotNames.manifest)
    #expect(try chain.store.openCurrent()?.snapshot.manifest.id == 3)
    #expect(try fixture.holds(3, chain.model))
    #expect(throws: SnapshotProblem.self) { try fixture.archive.verify(2) }
  }

  @Test func retentionKeepsWhatAKeptOneBuildsOn() throws {
    let fixture = try Fixture()
    let chain = try chain(fixture, 4)
    #expect(try chain.store.retain(last: 1).deleted == [])
    chain.learn(40..<50)
    try chain.save(isFull: true)
    try chain.store.setPin(true, snapshot: 2)
    #expect(try chain.store.retain(last: 1).deleted == [3, 4])
    #expect(try fixture.archive.verify(2).eventsLearned == 20)
    try chain.store.setPin(false, snapshot: 2)
    #expect(try chain.store.retain(last: 1).deleted == [1, 2])
  }

  @Test func oneDamagedFileDoesNotLeaveNothing() throws {
    let fixture = try Fixture()
    let chain = try chain(fixture, 2)
    for step in 2..<6 {
      chain.learn(step * 10..<(step + 1) * 10)
      try chain.save(isFull: step == 2)
    }
    // 3 is full and 4 to 6 build on it; 2 and its base are the last that have nothing to do with it.
    #expect(try chain.store.retain(last: 2).deleted == [])
    try fixture.damage(3)
    #expect(try chain.store.openCurrent()?.snapshot.manifest.id == 2)
  }

  @Test func whatTheNextSnapshotHoldsIsDecided() throws {
    let fixture = try Fixture(tableSlots: 512)
    let chain = try Chain(fixture, fixture.open())
    chain.learn(0..<200, values: 300)
    let store = chain.store
    let policy = IncrementPolicy(maximumShare: 0.5, maximumCount: 2)
    func extent(_ rows: Int, _ base: UInt64?, _ policy: IncrementPolicy) -> SnapshotExtent {
      store.extent(of: ModelState(chain.model), changed: rows, since: base, policy: policy)
    }
    #expect(extent(1, nil, policy) == .full)
    #expect(extent(1, 1, policy) == .full)
    try chain.save()
    #expect(extent(3, 1, policy) == .changed(rows: 3, since: 1))
    #expect(extent(0, 1, policy) == .changed(rows: 0, since: 1))
    #expect(extent(3, 1, .off) == .full)
    #expect(extent(3, 1, IncrementPolicy(maximumCount: 0)) == .full)
    #expect(extent(3, 2, policy) == .full)
    let claimed = Int(chain.model.table.counters.claimed)
    #expect(extent(claimed, 1, policy) == .full)
    #expect(extent(claimed, 1, IncrementPolicy(maximumShare: 1)) == .changed(rows: claimed, since: 1))
    for next in UInt64(2)...3 {
      #expect(extent(1, next - 1, policy) == .changed(rows: 1, since: next - 1))
      try chain.save()
    }
    #expect(extent(1, 3, policy) == .full)
    #expect(extent(1, 3, IncrementPolicy(maximumShare: 1)) == .changed(rows: 1, since: 3))

    var larger = fixture.configuration
    larger.tableSlots = 1024
    #expect(
      store.extent(of: ModelState(try Model(configuration: larger)), changed: 1, since: 3, policy: IncrementPolicy())
        == .full)
    try FileManager.default.removeItem(atPath: fixture.archive.path(2) + "/model.safetensors")
    #expect(extent(1, 3, IncrementPolicy(maximumShare: 1)) == .full)
  }

  @Test func incrementsGrowOnlyUpToTheirShare() throws {
    let fixture = try Fixture(tableSlots: 512)
    let chain = try Chain(fixture, fixture.open())
    let policy = IncrementPolicy(maximumShare: 0.5, maximumCount: 100)
    chain.learn(0..<300, values: 300)
    var fulls = 0
    for step in 0..<40 {
      chain.learn(300 + step * 5..<305 + step * 5, values: 300)
      let extent = chain.store.extent(
        of: ModelState(chain.model), changed: chain.changed.count, since: chain.base, policy: policy)
      let manifest = try chain.save(isFull: extent == .full)
      fulls += manifest.files.count == 1 ? 1 : 0
      // What is no row counts too; the header is a little longer in an increment.
      let increments = manifest.files.dropFirst().reduce(0) { $0 + Int($1.size) }
      #expect(increments <= Int(manifest.files[0].size) / 2 + 64)
    }
    #expect(fulls > 1 && fulls < 40)
  }

  @Test func aFileOfChangesIsNoWholeModel() throws {
    let fixture = try Fixture()
    let chain = try chain(fixture, 3)
    var manifest = try fixture.archive.manifest(3)
    let whole = manifest.files
    let path = fixture.archive.path(3) + "/manifest.json"
    for files in [[whole[2]], [whole[1], whole[2]], [whole[0], whole[0], whole[2]], []] {
      manifest.files = files
      try fixture.write(ManifestFile.bytes(of: &manifest), path)
      let problem = #expect(throws: SnapshotProblem.self) { try fixture.archive.load(3) }
      #expect(problem?.kind == .damaged)
    }
    // Rows that were left out are missed.
    manifest.files = [whole[0], whole[2]]
    try fixture.write(ManifestFile.bytes(of: &manifest), path)
    #expect(throws: SnapshotProblem.self) { try fixture.restored(3) }
    withExtendedLifetime(chain) {}
  }

  @Test func rowsAreWalkedInTheOrderOfSlots() throws {
    let fixture = try Fixture(tableSlots: 64)
    var random = SplitMix(state: 5)
    let chain = try Chain(fixture, fixture.open())
    for step in 0..<4 {
      chain.learn(step * 10..<(step + 1) * 10, values: 30)
      try chain.save { $0.shuffled(using: &random) }
    }
    let loaded = try fixture.archive.load(4)
    for window: UInt64 in [1, 7, 64, 1000] {
      var walk = SlotWalk(loaded.chain, tableSlots: loaded.tableSlots, window: window)
      var slots: [UInt64] = []
      while let runs = try walk.next() {
        for run in runs {
          var some: [UInt64] = []
          try loaded.chain[run.file].slots(run.rows, into: &some)
          slots += some
        }
      }
      #expect(slots == Chain.rows(chain.model).map { $0.slot[0] })
    }
  }
}

/// A step of making a snapshot that fails once it is armed.
///
/// `@unchecked Sendable`: set and read on the one thread of a test.
private final class FailingStep: @unchecked Sendable {
  private var step: SnapshotStep?

  func arm(_ step: SnapshotStep) { self.step = step }

  func check(_ reached: SnapshotStep) throws(SnapshotProblem) {
    if reached == step { throw SnapshotProblem(.file, "a crash") }
  }
}
