import EventSources
import Features
import Glibc
import LiveModel
import SnapshotStore
import TestSupport
import Testing
import Threads

@testable import Learning

/// There are two models at most: the one that is served, and one that is being loaded beside it.
@Suite struct RollbackMemoryTests {
  /// Waits until a model is gone.
  private func waitUntilGone(_ look: () -> Bool) {
    for _ in 0..<Harness.patience / 10 where !look() { usleep(10_000) }
  }

  /// The first model is one that a rollback loaded as well as the one that the service began with.
  @Test func aReplacedModelIsLetGoOf() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 200, seed: 31)
    let harness = try Harness(directory, log)
    try harness.wait(records: 200)
    let snapshot: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    for mode in [RollbackMode.rewind, .keep] {
      weak let replaced = harness.service.reference.current
      #expect(replaced != nil)
      let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: mode, $0) }
      waitUntilGone { replaced == nil }
      #expect(replaced == nil, "after \(mode)")
    }
    try harness.stop()
  }

  @Test func rollbacksAskedTogetherAreCarriedOutInTheirOrder() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, seed: 32)
    let control = MemorySourceControl()
    control.allow(100)
    let harness = try Harness(directory, log, control: control)
    try harness.wait(records: 100)
    let first: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(200)
    try harness.wait(records: 200)
    let second: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let _: LearningReport = try harness.wait { harness.service.pause($0) }
    // While a snapshot is asked for, and so perhaps written.
    let outcomes = Monitor<[RollbackOutcome]>([])
    let written = Monitor(false)
    harness.service.takeSnapshot(isFull: true) { _ in written.update { $0 = true } }
    let targets = [first, second, first, second, first].map(\.id)
    for target in targets {
      harness.service.rollBack(to: target, mode: .rewind) { result in
        if case .success(let outcome) = result { outcomes.update { $0.append(outcome) } }
      }
    }
    let all = outcomes.wait(milliseconds: Harness.patience) { $0.count == targets.count ? $0 : nil }
    #expect(all?.map { $0.manifest.rollback?.to } == targets.map(Optional.some))
    #expect(written.read { $0 })
    #expect(try harness.report().recordsRead == 100)
    try harness.stop()
  }

  @Test func theNextModelIsNotLoadedWhileTheOneBeforeIsInUse() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 100, seed: 33)
    let harness = try Harness(directory, log)
    try harness.wait(records: 100)
    let snapshot: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    // Answers from the first model until it begins another request.
    let scorer = Scorer(harness.service.reference)
    weak let held = harness.service.reference.current
    let answered = Monitor(0)
    for _ in 0..<2 {
      harness.service.rollBack(to: snapshot.id, mode: .keep) { _ in answered.update { $0 += 1 } }
    }
    #expect(answered.wait(milliseconds: Harness.patience) { $0 >= 1 ? true : nil } == true)
    // The second waits; were it loaded all the same it would be there in a moment.
    #expect(answered.wait(milliseconds: 300) { $0 >= 2 ? true : nil } == nil)
    #expect(held != nil)
    scorer.beginRequest()
    #expect(answered.wait(milliseconds: Harness.patience) { $0 >= 2 ? true : nil } == true)
    #expect(held == nil)
    try harness.stop()
  }
}
