import AttentionalFM
import Foundation
import LiveModel
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

@Suite struct CalibratedLearningTests {
  private static let kinds = [
    CalibrationSettings(kind: .platt), CalibrationSettings(kind: .isotonic, refreshEvents: 30, halfLifeEvents: 100),
  ]

  /// Labels come 20 later than their events, where they do.
  private func settings(delayed: Bool) -> LearningSettings {
    var settings = Harness.settings(everyEvents: 50)
    settings.labelDelay = delayed ? 20 : nil
    return settings
  }

  @Test(arguments: kinds, [false, true])
  func killedAtAnyEventTheModelIsTheSame(calibration: CalibrationSettings, delayed: Bool) throws {
    let log = MemoryLog.random(records: 600, seed: 11)
    let calm = try TemporaryDirectory()
    let straight = try Harness(calm, log, settings: settings(delayed: delayed), calibration: calibration)
    let expected = try straight.wait(records: log.count)
    let bits = try straight.bits(calm)
    try straight.stop()
    #expect(expected.calibration?.events == expected.eventsLearned)
    var generator = TestGenerator(state: 11)
    let directory = try TemporaryDirectory()
    for kill in 0..<6 {
      let control = MemorySourceControl()
      control.allow(0)
      let harness = try Harness(
        directory, log, control: control, seed: generator.next(), settings: settings(delayed: delayed),
        calibration: calibration)
      let start = try harness.wait { $0.position != nil }.recordsRead
      let more = Int.random(in: 1...150, using: &generator)
      control.allow(more)
      try harness.wait(records: min(log.count, Int(start) + more))
      if kill % 3 == 0 { try harness.stop() } else { try harness.kill() }
    }
    let harness = try Harness(directory, log, settings: settings(delayed: delayed), calibration: calibration)
    let report = try harness.wait(records: log.count)
    #expect(report.run == expected.run && report.lastWindow == expected.lastWindow)
    #expect(report.calibration == expected.calibration)
    #expect(try harness.bits(directory) == bits)
    try harness.stop()
  }

  /// What the model learns and what it would answer are two things: the rows are those of a model without calibration.
  @Test(arguments: kinds) func judgesWhatIsAnsweredAndLearnsWhatIsNot(calibration: CalibrationSettings) throws {
    let log = MemoryLog.random(records: 500, seed: 12)
    let plain = try Harness(try TemporaryDirectory(), log)
    let without = try plain.wait(records: log.count)
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, log, calibration: calibration)
    let with = try harness.wait(records: log.count)
    #expect(with.eventsLearned == without.eventsLearned && with.run?.unknownShare == without.run?.unknownShare)
    #expect(with.run?.loss != without.run?.loss && without.calibration == nil)
    let features = try harness.features(of: "{\"label\":1,\"user\":3,\"item\":\"i4\",\"hour\":5}")
    let scorers = (Scorer(plain.service.reference), Scorer(harness.service.reference))
    _ = (scorers.0.beginRequest(), scorers.1.beginRequest())
    let raws = features.withUnsafeBufferPointer { (scorers.0.score($0).raw, scorers.1.score($0).raw) }
    #expect(raws.0 == raws.1 && scorers.0.calibrated(raws.0) == raws.0 && scorers.1.calibrated(raws.1) != raws.1)
    // What scorers apply is what the snapshot holds.
    let manifest: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    let section = try harness.archive.load(manifest.id).section(SectionName.calibration, upTo: 1)
    var restored = Calibrator(calibration)
    try restored.restore(try #require(section))
    #expect(restored.calibrated(raws.1) == scorers.1.calibrated(raws.1))
    try plain.stop()
    try harness.stop()
  }

  @Test(arguments: kinds) func aRollbackTakesTheCalibrationBack(calibration: CalibrationSettings) throws {
    let log = MemoryLog.random(records: 300, seed: 13)
    let control = MemorySourceControl()
    control.allow(200)
    let harness = try Harness(try TemporaryDirectory(), log, control: control, calibration: calibration)
    let before = try harness.wait(records: 200)
    let features = try harness.features(of: "{\"label\":1,\"user\":3,\"item\":\"i4\",\"hour\":5}")
    let scorer = Scorer(harness.service.reference)
    func answer() -> Float {
      scorer.beginRequest()
      return features.withUnsafeBufferPointer { scorer.calibrated(scorer.score($0).raw) }
    }
    let first = answer()
    let snapshot: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(300)
    try harness.wait(records: 300)
    #expect(answer() != first)
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: .keep, $0) }
    #expect(answer() == first)
    #expect(try harness.report().calibration == before.calibration)
    try harness.stop()
  }

  @Test func beginsAnewWhereASnapshotHasNoneOrAnotherKind() throws {
    let log = MemoryLog.random(records: 300, seed: 14)
    let directory = try TemporaryDirectory()
    for (index, calibration) in [nil, Self.kinds[0], Self.kinds[1], nil].enumerated() {
      let control = MemorySourceControl()
      control.allow(60)
      let harness = try Harness(directory, log, control: control, calibration: calibration)
      let report = try harness.wait { $0.isCaughtUp && control.delivered >= 60 }
      #expect(report.calibration?.kind == calibration?.kind)
      if let learned = report.calibration?.events {
        #expect(learned > 0 && learned <= 60 && index > 0)
      }
      try harness.stop()
    }
  }
}
