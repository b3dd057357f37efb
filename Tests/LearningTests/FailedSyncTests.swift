import DurableFiles
import EventSources
import Foundation
import Glibc
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// A disk that refuses something for a while costs snapshots, never records, their order, or a restart.
@Suite struct FailedSyncTests {
  private func snapshot(_ harness: Harness) throws -> Manifest {
    try harness.wait { harness.service.takeSnapshot($0) }
  }

  /// Learns some records of a log, lets the disk fail while a snapshot is taken, learns the rest.
  ///
  /// - Parameter goesOn: whether records are learned while the disk fails; without a journal to write none are.
  private func learns(
    _ log: MemoryLog, _ directory: TemporaryDirectory, goesOn: Bool = true,
    failing: (() throws -> Void) throws -> Void
  ) throws -> Data {
    let control = MemorySourceControl()
    control.allow(200)
    let harness = try Harness(directory, log, control: control, seed: 1)
    try harness.wait { control.delivered >= 200 && $0.isCaughtUp && $0.snapshots.written > 0 }
    try failing {
      #expect(throws: LearningProblem.self) { try snapshot(harness) }
      control.allow(300)
      if goesOn { try harness.wait { _ in control.delivered >= 300 } }
    }
    control.allow(.max)
    let report = try harness.wait(records: log.count)
    #expect(report.condition == .running)
    try harness.wait { $0.snapshots.problem == nil }
    let bits = try harness.bits(directory)
    try harness.kill()
    return bits
  }

  private func expectOrder(_ log: MemoryLog, _ directory: TemporaryDirectory, _ bits: Data) throws {
    // A fresh directory with nothing but the journal, and a source that would interleave otherwise.
    let fresh = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: directory.path("journal"), toPath: fresh.path("journal"))
    let harness = try Harness(fresh, log, seed: 99)
    try harness.wait(records: log.count)
    #expect(try harness.bits(fresh) == bits)
    try harness.stop()
  }

  @Test func aFailedSyncOfTheJournalCostsOneSnapshot() throws {
    let log = MemoryLog.random(records: 500, partitions: 4, seed: 6)
    let directory = try TemporaryDirectory()
    let path = directory.path("journal/0000000000.log")
    let bits = try learns(log, directory) { body in
      // The snapshot at the start came before any record: of the journal, its header and where its four partitions
      // began are on the disk.
      let lossy = LossyFile(path, durable: 48 + 16 + 4 * 16)
      try lossy.failsOnce(body)
      #expect(lossy.hasFailed)
    }
    try expectOrder(log, directory, bits)
  }

  @Test func aJournalThatCannotBeSyncedForAWhileCostsNoRecord() throws {
    let log = MemoryLog.random(records: 500, partitions: 4, seed: 8)
    let directory = try TemporaryDirectory()
    let journal = directory.path("journal")
    let bits = try learns(log, directory, goesOn: false) { body in
      try FileFaults.with({ operation, path in operation == "sync" && path.hasPrefix(journal) ? EIO : nil }, body)
    }
    try expectOrder(log, directory, bits)
  }

  @Test func aLineageThatCannotBeSyncedForAWhileLeavesNothingBehind() throws {
    let log = MemoryLog.random(records: 500, seed: 9)
    let directory = try TemporaryDirectory()
    let lineage = directory.path("snapshots/lineage.log")
    let bits = try learns(log, directory) { body in
      try FileFaults.with({ operation, path in operation == "sync" && path.hasPrefix(lineage) ? EIO : nil }, body)
      let names = try DirectoryHandle.names(in: directory.path("snapshots"))
      #expect(names.count { $0.hasPrefix("0") } <= 2, "\(names)")
    }
    let harness = try Harness(directory, log)
    try harness.wait(records: log.count)
    #expect(try harness.bits(directory) == bits)
    try harness.stop()
  }
}
