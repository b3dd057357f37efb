import EventSources
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// After an operator's choice of a snapshot everything since that snapshot is learned, whatever rollbacks it leaves behind.
@Suite struct ChosenSnapshotTests {
  /// 100 records and snapshot A, 100 more, back to A keeping the position, 100 more; then A is chosen. The order journal
  /// still has the rollback's jump over the second hundred.
  @Test(arguments: [1, 3]) func whatAnAbandonedRollbackSkippedIsLearned(partitions: Int) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 400, partitions: partitions, seed: 91)
    let control = MemorySourceControl()
    let chosen: UInt64
    do {
      control.allow(100)
      let harness = try Harness(directory, log, control: control)
      try harness.wait { $0.recordsRead >= 100 }
      let first: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
      chosen = first.id
      control.allow(200)
      try harness.wait { $0.recordsRead >= 200 }
      let outcome: RollbackOutcome = try harness.wait { harness.service.rollBack(to: chosen, mode: .keep, $0) }
      #expect(outcome.manifest.rollback?.skipped.isEmpty == false)
      control.allow(300)
      try harness.wait { $0.recordsRead >= 200 }
      try harness.stop()
    }
    do {
      let store = try SnapshotStore(stateDirectory: directory.path)
      #expect(try store.choose(chosen).manifest.id == chosen)
    }
    // A kill before the first snapshot changes nothing of it.
    for isLast in [false, true] {
      let again = MemorySourceControl()
      again.allow(isLast ? .max : 250)
      let harness = try Harness(directory, log, control: again)
      let report = try harness.wait { $0.recordsRead >= (isLast ? 400 : 350) }
      #expect(report.eventsLearned + report.rejected.total == (isLast ? 400 : 350))
      try harness.kill()
    }
    let harness = try Harness(directory, log)
    let report = try harness.wait(records: 400)
    let whole = try TemporaryDirectory()
    let other = try Harness(whole, log)
    #expect(try other.wait(records: 400).position?.checksumSum == report.position?.checksumSum)
    try other.stop()
    try harness.stop()
  }
}
