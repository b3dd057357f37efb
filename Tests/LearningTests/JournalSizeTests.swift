import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// The order journal keeps within its size, at the cost of the order of old snapshots and of nothing else.
@Suite struct JournalSizeTests {
  private static let limit: UInt64 = 8192

  private func open(
    _ directory: TemporaryDirectory, _ log: MemoryLog, _ control: MemorySourceControl, seed: UInt64 = 1
  ) throws -> Harness {
    try Harness(
      directory, log, control: control, seed: seed,
      settings: Harness.settings(retained: 2, keepsWholeJournal: false), journalLimit: Self.limit)
  }

  private func pin(_ id: UInt64, _ directory: TemporaryDirectory) throws {
    let path = directory.path("snapshots/" + String(repeating: "0", count: 5) + "\(id)/PINNED")
    try Data().write(to: URL(fileURLWithPath: path))
  }

  /// Learns up to a number of records, with a snapshot after every hundred.
  private func learn(_ harness: Harness, to records: Int) throws {
    for next in stride(from: 100, through: records, by: 100) {
      harness.control.allow(next)
      try harness.wait(records: next)
      let _: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    }
  }

  @Test func aPinnedSnapshotDoesNotHoldTheJournalBeyondItsSize() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 1300, partitions: 4, seed: 61)
    let control = MemorySourceControl()
    control.allow(0)
    let harness = try open(directory, log, control)
    try harness.wait { $0.position != nil }
    let pinned: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    try pin(pinned.id, directory)
    try learn(harness, to: 1200)
    let bytes = try #require(try harness.report().journalBytes)
    #expect(bytes > 2048 && bytes <= Self.limit)
    let listed = try harness.archive.list()
    #expect(listed.first { $0.id == pinned.id }?.isOrderGone == true)
    #expect(listed.first(where: \.isCurrent)?.isOrderGone == false)

    // Killed now, it goes on in the same order: a start needs what the bound left.
    control.allow(1300)
    try harness.wait(records: 1300)
    let copy = try TemporaryDirectory(copyOf: directory)
    let bits = try harness.bits(directory)
    try harness.kill()
    let again = try open(copy, log, MemorySourceControl(), seed: 2)
    try again.wait(records: 1300)
    #expect(try again.bits(copy) == bits)

    // Going back learns every record once more, without a word from an operator.
    let outcome: RollbackOutcome = try again.wait { again.service.rollBack(to: pinned.id, mode: .rewind, $0) }
    #expect(outcome.isOrderGone)
    let report = try again.wait(records: 1300)
    #expect(report.recordsRead == 1300 && report.condition == .running)
    try again.kill()
    let last = try open(copy, log, MemorySourceControl(), seed: 3)
    #expect(try last.wait(records: 1300).recordsRead == 1300)
    try last.kill()
  }

  @Test func aJournalThatIsKeptWholeHasNoBound() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 1000, partitions: 4, seed: 63)
    let control = MemorySourceControl()
    control.allow(0)
    let harness = try Harness(
      directory, log, control: control, settings: Harness.settings(retained: 2), journalLimit: Self.limit)
    try learn(harness, to: 1000)
    #expect(try harness.report().journalBytes ?? 0 > Self.limit)
    try harness.kill()
  }
}
