import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// What snapshots hold is never seen in the model: chains of changes, kills and rollbacks across them.
@Suite struct ChainedSnapshotTests {
  private static func settings(_ increments: IncrementPolicy, retained: Int? = nil) -> LearningSettings {
    var settings = Harness.settings(everyEvents: 25, retained: retained)
    settings.increments = increments
    return settings
  }

  private static let longChains = IncrementPolicy(maximumShare: 100, maximumCount: 7)

  @Test(arguments: [UInt64(31), 32, 33]) func killsAndRollbacksAcrossChainsChangeNoBit(seed: UInt64) throws {
    let log = MemoryLog.random(records: 500, seed: seed)
    let calm = try TemporaryDirectory()
    let whole = try Harness(calm, log, settings: Self.settings(.off))
    try whole.wait(records: log.count)
    let expected = try whole.bits(calm)
    #expect(try whole.archive.ids().allSatisfy { try whole.archive.manifest($0).files.count == 1 })
    try whole.stop()

    var generator = TestGenerator(state: seed)
    let directory = try TemporaryDirectory()
    var longest = 0
    for round in 0..<9 {
      let control = MemorySourceControl()
      let harness = try Harness(
        directory, log, control: control, seed: generator.next(), settings: Self.settings(Self.longChains))
      let start = try harness.wait { $0.position != nil }.recordsRead
      // One batch at a time lets a snapshot be taken at nearly every multiple.
      var allowed = 0
      for _ in 0..<Int.random(in: 2...6, using: &generator) {
        allowed += 20
        control.allow(allowed)
        try harness.wait {
          $0.isCaughtUp && $0.recordsRead >= min(UInt64(log.count), start + UInt64(allowed)) && !$0.snapshots.isRunning
        }
      }
      if round % 3 == 1, let target = try harness.archive.ids().randomElement(using: &generator) {
        let outcome: RollbackOutcome = try harness.wait { harness.service.rollBack(to: target, mode: .rewind, $0) }
        #expect(
          try Harness.export(harness.archive, outcome.manifest.id, directory)
            == Harness.export(harness.archive, target, directory))
      }
      if round % 2 == 0 { try harness.kill() } else { try harness.stop() }
      for id in try harness.archive.ids() {
        longest = max(longest, try harness.archive.verify(id).files.count)
      }
    }
    let harness = try Harness(directory, log, settings: Self.settings(Self.longChains))
    try harness.wait(records: log.count)
    #expect(try harness.bits(directory) == expected)
    try harness.stop()
    #expect(longest > 2 && longest <= 8)
  }

  @Test func aChainIsCompactedAndRetainedByItself() throws {
    let log = MemoryLog.random(records: 600, seed: 34)
    let directory = try TemporaryDirectory()
    let control = MemorySourceControl()
    control.allow(20)
    let harness = try Harness(
      directory, log, control: control,
      settings: Self.settings(IncrementPolicy(maximumShare: 100, maximumCount: 3), retained: 2))
    for count in stride(from: 20, through: 600, by: 20) {
      control.allow(count)
      try harness.wait { $0.recordsRead == UInt64(count) && $0.isCaughtUp && !$0.snapshots.isRunning }
      let present = try harness.archive.list()
      // A full one, three that follow it, and as many of the chain before.
      #expect(present.count <= 8)
      for listing in present {
        let files = try #require(listing.manifest?.files)
        #expect((1...4).contains(files.count))
        #expect(try harness.archive.verify(listing.id).id == listing.id)
      }
    }
    let progress = try harness.report().snapshots
    #expect(progress.lastFiles != nil && progress.lastBytes != nil && progress.lastRows != nil)
    let full: Manifest = try harness.wait { harness.service.takeSnapshot(isFull: true, $0) }
    #expect(full.files.count == 1 && full.base == nil)
    let next: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    #expect(next.base == full.id && next.ownRows == 0)
    try harness.stop()
  }
}
