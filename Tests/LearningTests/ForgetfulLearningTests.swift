import AttentionalFM
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

@Suite struct ForgetfulLearningTests {
  private static let forgetting = [
    ForgettingSettings(halfLifeMilliseconds: 3_600_000),
    ForgettingSettings(halfLifeMilliseconds: 3_600_000, weights: true),
    ForgettingSettings(halfLifeMilliseconds: 3_600_000, scope: .dense),
  ]

  /// Events ten seconds apart, some without a time, over three blocks of 1,024.
  private func log(seed: UInt64) -> MemoryLog {
    var generator = TestGenerator(state: seed)
    var log = MemoryLog(partitions: 1)
    for index in 0..<2600 {
      let user = Int.random(in: 0..<40, using: &generator)
      let item = Int.random(in: 0..<60, using: &generator)
      let label = Int.random(in: 0...(1 + (user + item) % 3), using: &generator) > 1 ? 1 : 0
      let time = index % 11 == 0 ? "" : ",\"time\":\(index * 10_000)"
      log.append("{\"label\":\(label),\"user\":\(user),\"item\":\"i\(item)\",\"hour\":\(index % 24)\(time)}", to: 0)
    }
    return log
  }

  private func settings(delayed: Bool) -> LearningSettings {
    var settings = Harness.settings(everyEvents: 200)
    settings.labelDelay = delayed ? 300_000 : nil
    return settings
  }

  @Test(arguments: forgetting, [false, true])
  func killedAtAnyEventTheModelIsTheSame(forgetting: ForgettingSettings, delayed: Bool) throws {
    let log = log(seed: 21)
    let calm = try TemporaryDirectory()
    let straight = try Harness(calm, log, settings: settings(delayed: delayed), forgetting: forgetting)
    try straight.wait(records: log.count)
    let bits = try straight.bits(calm)
    try straight.stop()
    var generator = TestGenerator(state: 21)
    let directory = try TemporaryDirectory()
    for kill in 0..<5 {
      let control = MemorySourceControl()
      control.allow(0)
      let harness = try Harness(
        directory, log, control: control, seed: generator.next(), settings: settings(delayed: delayed),
        forgetting: forgetting)
      let start = try harness.wait { $0.position != nil }.recordsRead
      let more = Int.random(in: 1...800, using: &generator)
      control.allow(more)
      try harness.wait(records: min(log.count, Int(start) + more))
      if kill % 3 == 0 { try harness.stop() } else { try harness.kill() }
    }
    let harness = try Harness(directory, log, settings: settings(delayed: delayed), forgetting: forgetting)
    try harness.wait(records: log.count)
    #expect(try harness.bits(directory) == bits)
    try harness.stop()
    // It is another model than one that forgets nothing.
    let plain = try TemporaryDirectory()
    let unforgetting = try Harness(plain, log, settings: settings(delayed: delayed))
    try unforgetting.wait(records: log.count)
    let manifest: Manifest = try unforgetting.wait { unforgetting.service.takeSnapshot($0) }
    let sums = try unforgetting.archive.load(manifest.id).denseTensors().map(\.accumulators)
    try unforgetting.stop()
    let last = try #require(try SnapshotArchive(stateDirectory: directory.path).currentID())
    #expect(try SnapshotArchive(stateDirectory: directory.path).load(last).denseTensors().map(\.accumulators) != sums)
  }

  @Test func aSnapshotFromBeforeLoadsAndARollbackTakesTheClockBack() throws {
    let log = log(seed: 22)
    let directory = try TemporaryDirectory()
    let control = MemorySourceControl()
    control.allow(1100)
    let plain = try Harness(directory, log, control: control)
    try plain.wait(records: 1100)
    try plain.stop()
    let more = MemorySourceControl()
    more.allow(1000)
    let harness = try Harness(directory, log, control: more, forgetting: Self.forgetting[0])
    try harness.wait(records: 2100)
    let snapshot: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    func time(_ id: UInt64) throws -> Tensor.Values? {
      try harness.archive.load(id).section(SectionName.forgetting, upTo: 1)?["time"]
    }
    #expect(try time(snapshot.id) == .signed64([20_990_000]))
    #expect(try harness.report().streamTime == 20_990_000)
    more.allow(2000)
    try harness.wait(records: 2600)
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: .keep, $0) }
    let after: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    #expect(try time(after.id) == .signed64([20_990_000]))
    try harness.stop()
  }
}
