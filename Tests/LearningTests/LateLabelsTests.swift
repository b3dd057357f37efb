import EventSources
import FeatureEncoding
import Foundation
import ProgressiveValidation
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// Events that are learned only when their labels are known.
@Suite struct LateLabelsTests {
  private func settings(
    delay: Int64? = 40, waiting: Int = 1_000, everyEvents: UInt64? = nil, slices: [String] = []
  ) -> LearningSettings {
    var settings = Harness.settings(everyEvents: everyEvents)
    (settings.labelDelay, settings.waitingEvents, settings.slices) = (delay, waiting, slices)
    settings.sliceValues = 5
    return settings
  }

  /// The schema of the harness, with the label's time in `known`.
  private var timedLabels: Schema {
    var schema = Harness.schema
    schema.label.time = TimeDefinition(path: "known", format: .milliseconds)
    return schema
  }

  /// One event a line: its time, when its label is known where it says so, and its user.
  private func log(_ events: [(time: Int?, known: Int?, user: String)]) -> MemoryLog {
    var log = MemoryLog(partitions: 1)
    for (index, event) in events.enumerated() {
      let time = event.time.map { ",\"time\":\($0)" } ?? ""
      let known = event.known.map { ",\"known\":\($0)" } ?? ""
      log.append("{\"label\":\(index % 2),\"user\":\"\(event.user)\",\"item\":\"i\",\"served\":0.5\(time)\(known)}")
    }
    return log
  }

  /// The model's bytes alone, without the state beside it.
  private func modelBits(_ harness: Harness) throws -> [[UInt32]] {
    let manifest: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    return try harness.archive.load(manifest.id).denseTensors().map { $0.values.map(\.bitPattern) }
  }

  /// What a model is that learns records at once.
  private func learnedAtOnce(_ log: MemoryLog) throws -> [[UInt32]] {
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, log)
    try harness.wait(records: log.count)
    defer { try? harness.stop() }
    return try modelBits(harness)
  }

  @Test func theOrderOfLearningIsThatOfLabelTimesWithTiesAsTheyCame() throws {
    let events: [(time: Int?, known: Int?, user: String)] = [
      (10, 50, "a"), (11, 30, "b"), (12, 50, "c"), (13, 30, "d"), (14, 14, "at once"), (15, 100, "waits"),
      (60, 99, "clock"),
    ]
    let harness = try Harness(
      try TemporaryDirectory(), log(events), settings: settings(delay: nil), schema: timedLabels)
    let report = try harness.wait(records: events.count)
    #expect(report.eventsLearned == 5)
    #expect(
      report.waiting
        == WaitingReport(events: 2, capacity: 1_000, early: 0, undated: 0, watermark: 60, nextLabelTime: 99))
    let learned = try modelBits(harness)
    try harness.stop()
    // The labels go with their events: 0, 1, 0, 1, 0 for a to e.
    var order = MemoryLog(partitions: 1)
    for index in [4, 1, 3, 0, 2] {
      order.append("{\"label\":\(index % 2),\"user\":\"\(events[index].user)\",\"item\":\"i\"}")
    }
    #expect(try learnedAtOnce(order) == learned)
  }

  @Test func whatIsLateOrDoesNotSayWhenIsLearnedAtOnce() throws {
    let events: [(time: Int?, known: Int?, user: String)] = [
      (100, nil, "waits until 140"), (nil, nil, "undated"), (50, nil, "late: known at 90"),
      (70, nil, "late, but known only at 110"), (50, 120, "its own time goes over the delay"), (139, nil, "clock"),
    ]
    let harness = try Harness(try TemporaryDirectory(), log(events), settings: settings(), schema: timedLabels)
    let report = try harness.wait(records: events.count)
    #expect(report.eventsLearned == 4)
    #expect(report.waiting?.undated == 1 && report.waiting?.events == 2 && report.waiting?.nextLabelTime == 140)
    try harness.stop()
  }

  @Test func figuresSayWhatTheSocketWouldHaveAnsweredAtTheEventsOwnTime() throws {
    // Nothing is learned before all have been predicted: every prediction is that of the fresh model.
    let events: [(time: Int?, known: Int?, user: String)] = (0..<10).map { ($0, 100 + $0, "u") } + [(200, 300, "u")]
    let harness = try Harness(
      try TemporaryDirectory(), log(events), settings: settings(delay: nil), schema: timedLabels)
    let report = try harness.wait(records: events.count)
    #expect(report.run?.events == 10 && report.eventsLearned == 10)
    #expect(report.run?.meanPrediction == 0.5 && report.run?.unknownShare == 1)
    // The one that waits has its label nowhere yet; the served scores are judged with it too.
    #expect(report.run?.served?.events == 10 && report.run?.served?.modelLoss == report.run?.loss)
    try harness.stop()
  }

  @Test func withoutRoomTheOneWhoseLabelComesFirstIsLearnedEarly() throws {
    let events: [(time: Int?, known: Int?, user: String)] = [
      (1, 500, "a"), (2, 400, "b"), (3, 450, "c"), (4, 300, "comes first itself"), (5, 600, "e"),
    ]
    let harness = try Harness(
      try TemporaryDirectory(), log(events), settings: settings(delay: nil, waiting: 2), schema: timedLabels)
    let report = try harness.wait(records: events.count)
    #expect(report.eventsLearned == 3 && report.waiting?.early == 3 && report.waiting?.events == 2)
    // b for c, then the one that comes first itself, then c for e.
    #expect(report.waiting?.nextLabelTime == 500)
    try harness.stop()
  }

  @Test func anEventThatIsRefusedWhenItsTurnComesIsCountedAndKeptByItsPlace() throws {
    var log = MemoryLog(partitions: 1)
    log.append("{\"label\":1,\"user\":\"a\",\"item\":\"i\",\"time\":1}")
    // The square of its gradient is beyond the largest float.
    log.append("{\"label\":1,\"user\":\"b\",\"item\":\"i\",\"time\":2,\"importance\":1e38}")
    log.append("{\"label\":0,\"user\":\"c\",\"item\":\"i\",\"time\":90}")
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, log, settings: settings())
    let report = try harness.wait(records: 3)
    #expect(report.eventsLearned == 1 && report.waiting?.events == 1 && report.run?.events == 1)
    #expect(report.rejected[.notFiniteGradient] == 1 && report.rejected.total == 1)
    try harness.stop()
    let quarantine = try String(contentsOfFile: directory.path("quarantine"), encoding: .utf8)
    let entry = try #require(quarantine.split(separator: "\n").dropFirst().first)
    #expect(entry.hasPrefix("{\"partition\":0,\"offset\":1,\"reason\":\"not_finite_gradient\",\"detail\":"))
    #expect(entry.contains("it had waited for its label"))
  }

  @Test func slicesGoByTheTextsOfTheValuesThatCameFirst() throws {
    let events: [(time: Int?, known: Int?, user: String)] = ["b", "a", "b", "c", "d", "e", "f"].enumerated().map {
      ($0.offset, nil, $0.element)
    }
    let harness = try Harness(
      try TemporaryDirectory(), log(events), settings: settings(delay: nil, slices: ["user", "hour"]))
    let summaries = try harness.wait(records: 7).slices.summaries(of: .logistic)
    #expect(summaries.map(\.field) == ["user", "hour"])
    #expect(summaries[0].values.map(\.text) == ["b", "a", "c", "d", "e"])
    #expect(summaries[0].values.map(\.figures.events) == [2, 1, 1, 1, 1] && summaries[0].others?.events == 1)
    #expect(summaries[1].values.isEmpty && summaries[1].missing?.events == 7)
    try harness.stop()
  }

  @Test(arguments: [UInt64(1), 2]) func killedAtAnyEventTheModelIsTheSame(seed: UInt64) throws {
    let log = MemoryLog.random(records: 600, seed: seed)
    let settings = settings(waiting: 30, everyEvents: 50, slices: ["user", "hour"])
    let calm = try TemporaryDirectory()
    let straight = try Harness(calm, log, settings: settings)
    let expected = try straight.wait(records: log.count)
    let bits = try straight.bits(calm)
    try straight.stop()
    #expect(expected.waiting?.early ?? 0 > 0 && expected.waiting?.events == 30)
    #expect(expected.eventsLearned + 30 + expected.rejected.total == UInt64(log.count))
    var generator = TestGenerator(state: seed)
    let directory = try TemporaryDirectory()
    for kill in 0..<8 {
      let control = MemorySourceControl()
      control.allow(0)
      let harness = try Harness(directory, log, control: control, seed: generator.next(), settings: settings)
      let start = try harness.wait { $0.position != nil }.recordsRead
      let more = Int.random(in: 1...150, using: &generator)
      control.allow(more)
      try harness.wait(records: min(log.count, Int(start) + more))
      if kill % 3 == 0 { try harness.stop() } else { try harness.kill() }
    }
    let harness = try Harness(directory, log, settings: settings)
    let report = try harness.wait(records: log.count)
    #expect(report.run == expected.run && report.lastWindow == expected.lastWindow)
    #expect(report.waiting == expected.waiting && report.position == expected.position)
    #expect(report.slices.summaries(of: .logistic) == expected.slices.summaries(of: .logistic))
    #expect(try harness.bits(directory) == bits)
    try harness.stop()
  }

  @Test func theJournalBringsBackTheOrderOfPartitions() throws {
    let log = MemoryLog.random(records: 400, partitions: 3, seed: 9)
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, log, settings: settings(everyEvents: 60))
    try harness.wait(records: log.count)
    let bits = try harness.bits(directory)
    try harness.kill()
    let fresh = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: directory.path("journal"), toPath: fresh.path("journal"))
    let replayed = try Harness(fresh, log, seed: 77, settings: settings())
    try replayed.wait(records: log.count)
    #expect(try replayed.bits(fresh) == bits)
    try replayed.stop()
  }

  @Test(arguments: [RollbackMode.keep, .rewind]) func aRollbackBringsBackWhatWaited(mode: RollbackMode) throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 300, seed: 31)
    let control = MemorySourceControl()
    control.allow(200)
    let harness = try Harness(directory, log, control: control, settings: settings())
    let before = try harness.wait(records: 200)
    let snapshot: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(260)
    try harness.wait(records: 260)
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: mode, $0) }
    if mode == .keep { #expect(try harness.report().waiting == before.waiting) }
    control.allow(.max)
    let report = try harness.wait(records: mode == .keep ? 240 : 300)
    #expect(report.eventsLearned + (report.waiting?.events ?? 0) + report.rejected.total == report.recordsRead)
    let bits = try harness.bits(directory)
    try harness.stop()
    guard mode == .rewind else { return }
    let other = try TemporaryDirectory()
    let straight = try Harness(other, log, settings: settings())
    try straight.wait(records: 300)
    #expect(try straight.bits(other) == bits)
    try straight.stop()
  }

  @Test func whatWaitsKeepsItsTimeWhenTheDelayIsChangedOrTakenAway() throws {
    let directory = try TemporaryDirectory()
    let log = log([(10, nil, "a"), (20, nil, "b"), (45, nil, "c"), (55, nil, "d"), (70, nil, "e")])
    let control = MemorySourceControl()
    control.allow(2)
    let first = try Harness(directory, log, control: control, settings: settings())
    try first.wait(records: 2)
    try first.stop()
    let second = MemorySourceControl()
    second.allow(1)
    let changed = try Harness(directory, log, control: second, settings: settings(delay: 5))
    let waiting = try changed.wait(records: 3).waiting
    #expect(waiting?.events == 3 && waiting?.nextLabelTime == 50)
    try changed.stop()
    let third = try Harness(directory, log, settings: settings(delay: nil))
    let report = try third.wait(records: 5)
    #expect(report.eventsLearned == 5 && report.waiting == nil)
    try third.stop()
    let last = try third.archive.currentID().map { try third.archive.load($0) }
    #expect(last?.sectionNames == ["counters", "progressive", "quarantine", "served_scores"])
  }

  @Test func theStartSaysWhatWaits() {
    var waiting = WaitingEvents(isWanted: true, capacity: 10)
    #expect(waiting.note(hasEventTimes: true) == nil)
    waiting.insert(WaitingEvent(), UnsafeBufferPointer(start: nil, count: 0), labelTime: 5)
    #expect(waiting.note(hasEventTimes: true)?.hasPrefix("1 events wait") == true)
    #expect(waiting.note(hasEventTimes: false)?.contains("schema.time.path") == true)
  }

  @Test func snapshotsAreTakenExactlyAtMultiplesOfTheEventsSeen() throws {
    let log = MemoryLog.random(records: 300, seed: 8)
    let control = MemorySourceControl()
    control.allow(0)
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, log, control: control, settings: settings(everyEvents: 40))
    try harness.wait { $0.snapshots.written == 1 }
    for count in [50, 100, 150, 200] {
      control.allow(count)
      try harness.wait { $0.recordsRead == UInt64(count) && $0.isCaughtUp && !$0.snapshots.isRunning }
    }
    try harness.stop()
    let manifests = try harness.archive.ids().map { try harness.archive.manifest($0) }
    let interval = manifests.filter { $0.reason == .interval }
    #expect(interval.count >= 3)
    for manifest in interval {
      let loaded = try harness.archive.load(manifest.id)
      guard case .signed64(let times)? = try loaded.section("waiting", upTo: 1)?["label_time"] else {
        Issue.record("nothing waits in snapshot \(manifest.id)")
        continue
      }
      #expect((manifest.eventsLearned + UInt64(times.count)) % 40 == 0)
    }
  }

  @Test func withoutADelayNoSectionIsAdded() throws {
    let directory = try TemporaryDirectory()
    let log = MemoryLog.random(records: 50, seed: 3)
    let harness = try Harness(directory, log)
    try harness.wait(records: 50)
    let manifest: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    #expect(try harness.archive.load(manifest.id).sectionNames == ["counters", "progressive", "quarantine"])
    #expect(try harness.report().waiting == nil)
    try harness.stop()
  }
}
