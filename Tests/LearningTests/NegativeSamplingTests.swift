import AttentionalFM
import EventSources
import FeatureEncoding
import Foundation
import LiveModel
import NegativeSampling
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// Streams of positive events, learned beside negatives that are drawn for them.
@Suite struct NegativeSamplingTests {
  /// The schema of the harness with an item's price and a cross, and no label needed.
  private static let schema: Schema = {
    var schema = Harness.schema
    schema.label.assumed = 1
    schema.features.append(FieldDefinition(name: "price", kind: .numeric()))
    schema.crosses = [CrossDefinition(fields: ["user", "item"])]
    return schema
  }()

  private func settings(
    delay: Int64? = nil, everyEvents: UInt64? = nil, candidates: Int = 20, every: UInt64 = 3, users: Int = 30,
    reservoir: Int = 50, negatives: Int = 2
  ) -> LearningSettings {
    var settings = Harness.settings(everyEvents: everyEvents)
    settings.labelDelay = delay
    settings.negativeSampling = NegativeSamplingSettings(
      field: "item", companions: ["price"], user: "user",
      sampling: SamplingSettings(negatives: negatives, reservoir: reservoir, power: 0.5, users: users, recent: 5),
      rankingCandidates: candidates, rankingEvery: every)
    return settings
  }

  /// Positive events without labels, some of which cannot be used: every user prefers items of his own.
  private func log(records: Int, partitions: Int = 1, seed: UInt64) -> MemoryLog {
    var generator = TestGenerator(state: seed)
    var log = MemoryLog(partitions: partitions)
    for index in 0..<records {
      let user = Int.random(in: 0..<40, using: &generator)
      let item = (user * 3 + Int.random(in: 0..<8, using: &generator)) % 60
      let partition = Int32.random(in: 0..<Int32(partitions), using: &generator)
      let record =
        index % 19 == 18
        ? "{\"user\":\(user),\"hour\":1,\"time\":\(index)}"
        : "{\"user\":\(user),\"item\":\(item),\"price\":\(item % 7),\"hour\":\(index % 24),\"time\":\(index)}"
      log.append(record, to: partition)
    }
    return log
  }

  private func harness(
    _ directory: TemporaryDirectory, _ log: MemoryLog, _ settings: LearningSettings, loss: Loss = .logistic,
    control: MemorySourceControl = MemorySourceControl(), seed: UInt64 = 1
  ) throws -> Harness {
    try Harness(directory, log, control: control, seed: seed, settings: settings, schema: Self.schema, loss: loss)
  }

  @Test(arguments: [Loss.logistic, .ranking]) func eachPositiveIsLearnedBesideItsNegatives(loss: Loss) throws {
    let log = log(records: 190, seed: 4)
    let harness = try harness(try TemporaryDirectory(), log, settings(), loss: loss)
    let report = try harness.wait(records: log.count)
    let sampling = try #require(report.sampling)
    // One in nineteen has no item; that is no event to draw negatives for.
    #expect(report.eventsLearned == 180 && report.rejected[.decoding(.badField)] == 10)
    #expect(sampling.negatives + sampling.missed == 360 && sampling.missed > 0 && sampling.missed < 20)
    #expect(sampling.values == 50 && sampling.users == 30)
    let alone: UInt64 = loss == .ranking ? 1 : 0
    #expect(report.run?.events == 180 - alone + sampling.negatives)
    #expect((report.run?.calibration == nil) == (loss == .ranking))
    let ranked = try #require(report.run?.ranking)
    #expect(ranked.events > 40 && ranked.events <= 60)
    #expect((0...1).contains(ranked.hitRate ?? -1) && (0...1).contains(ranked.ndcg ?? -1))
    #expect(report.lastWindow?.ranking?.events ?? 0 > 0)
    try harness.stop()
  }

  @Test(arguments: [Loss.logistic, .ranking]) func whoSeesWhichItemIsLearnedFromPositivesAlone(loss: Loss) throws {
    let log = log(records: 6_000, seed: 5)
    var settings = settings(candidates: 40, every: 2, users: 100, reservoir: 100)
    settings.windowSize = 3_000
    let harness = try Harness(
      try TemporaryDirectory(), log, settings: settings, schema: Self.schema, loss: loss, tableSlots: 8_192)
    let report = try harness.wait(records: log.count)
    // 10 of 41 places would be 0.24 by chance.
    #expect(report.lastWindow?.ranking?.hitRate ?? 0 > 0.6)
    #expect(report.lastWindow?.auc ?? 0 > 0.75)
    try harness.stop()
  }

  @Test(arguments: [(Loss.logistic, Int64?.none), (.ranking, nil), (.logistic, 40), (.ranking, 40)])
  func killedAtAnyEventTheModelIsTheSame(loss: Loss, delay: Int64?) throws {
    let log = log(records: 500, seed: 6)
    let settings = settings(delay: delay, everyEvents: 40)
    let calm = try TemporaryDirectory()
    let straight = try harness(calm, log, settings, loss: loss)
    let expected = try straight.wait(records: log.count)
    let bits = try straight.bits(calm)
    try straight.stop()
    var generator = TestGenerator(state: delay == nil ? 1 : 2)
    let directory = try TemporaryDirectory()
    for kill in 0..<8 {
      let control = MemorySourceControl()
      control.allow(0)
      let harness = try harness(directory, log, settings, loss: loss, control: control, seed: generator.next())
      let start = try harness.wait { $0.position != nil }.recordsRead
      let more = Int.random(in: 1...120, using: &generator)
      control.allow(more)
      try harness.wait(records: min(log.count, Int(start) + more))
      if kill % 3 == 0 { try harness.stop() } else { try harness.kill() }
    }
    let harness = try harness(directory, log, settings, loss: loss)
    let report = try harness.wait(records: log.count)
    #expect(report.run == expected.run && report.lastWindow == expected.lastWindow)
    #expect(report.sampling == expected.sampling && report.position == expected.position)
    #expect(try harness.bits(directory) == bits)
    try harness.stop()
  }

  @Test(arguments: [Loss.logistic, .ranking]) func aRollbackBringsBackWhatWasDrawnFrom(loss: Loss) throws {
    let directory = try TemporaryDirectory()
    let log = log(records: 300, seed: 31)
    let control = MemorySourceControl()
    control.allow(200)
    let settings = settings()
    let harness = try harness(directory, log, settings, loss: loss, control: control)
    let before = try harness.wait(records: 200)
    let snapshot: Manifest = try harness.wait { harness.service.takeSnapshot($0) }
    control.allow(260)
    try harness.wait(records: 260)
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: .keep, $0) }
    #expect(try harness.report().sampling == before.sampling)
    let _: RollbackOutcome = try harness.wait { harness.service.rollBack(to: snapshot.id, mode: .rewind, $0) }
    control.allow(.max)
    try harness.wait(records: 300)
    let bits = try harness.bits(directory)
    try harness.stop()
    let other = try TemporaryDirectory()
    let straight = try self.harness(other, log, settings, loss: loss)
    try straight.wait(records: 300)
    #expect(try straight.bits(other) == bits)
    try straight.stop()
  }

  @Test func aLabeledNegativeIsLearnedAsItIs() throws {
    var log = MemoryLog(partitions: 1)
    for index in 0..<40 {
      log.append("{\"label\":\(index % 2),\"user\":\(index % 3),\"item\":\(index % 10),\"time\":\(index)}")
    }
    let each = try harness(try TemporaryDirectory(), log, settings())
    let report = try each.wait(records: 40)
    #expect(report.eventsLearned == 40 && report.sampling?.values == 10)
    #expect(
      report.sampling.map { $0.negatives + $0.missed } == 40
        && report.run?.events == 40 + (report.sampling?.negatives ?? 0))
    try each.stop()
    let ranking = try harness(try TemporaryDirectory(), log, settings(), loss: .ranking)
    let ranked = try ranking.wait(records: 40)
    #expect(ranked.eventsLearned == 20 && ranked.rejected[.decoding(.badLabel)] == 20)
    try ranking.stop()
  }

  @Test func negativesOfOtherFieldsAreDrawnAnew() throws {
    let directory = try TemporaryDirectory()
    let log = log(records: 100, seed: 8)
    let control = MemorySourceControl()
    control.allow(50)
    let first = try harness(directory, log, settings(), control: control)
    #expect(try first.wait(records: 50).sampling?.values ?? 0 > 20)
    try first.stop()
    var other = settings()
    other.negativeSampling?.field = "hour"
    other.negativeSampling?.companions = []
    let held = MemorySourceControl()
    held.allow(0)
    let second = try harness(directory, log, other, control: held)
    #expect(try second.wait { $0.position != nil }.sampling?.values == 0)
    try second.stop()
    let without = try Harness(directory, log, settings: Harness.settings(), schema: Self.schema)
    #expect(try without.wait(records: 100).sampling == nil)
    try without.stop()
    let last = try without.archive.currentID().map { try without.archive.load($0) }
    #expect(last?.sectionNames.contains("negative_sampling") == false)
  }

  @Test func anotherLossJudgesAnewAndTheRestGoesOn() throws {
    let directory = try TemporaryDirectory()
    let log = log(records: 100, seed: 12)
    let control = MemorySourceControl()
    control.allow(60)
    let first = try harness(directory, log, settings(), control: control)
    let before = try first.wait(records: 60)
    try first.stop()
    let held = MemorySourceControl()
    held.allow(0)
    let second = try harness(directory, log, settings(), loss: .ranking, control: held)
    let after = try second.wait { $0.position != nil }
    #expect(after.run?.events == 0 && after.run?.ranking == nil && after.lastWindow == nil)
    #expect(after.sampling == before.sampling && after.eventsLearned == before.eventsLearned)
    try second.stop()
  }

  @Test func whatIsDrawnMakesNoSlices() throws {
    var settings = settings()
    (settings.slices, settings.sliceValues) = (["user*item", "item"], 1_000)
    let log = log(records: 100, seed: 13)
    let harness = try harness(try TemporaryDirectory(), log, settings)
    let slices = try harness.wait(records: 100).slices.summaries(of: .logistic)
    #expect(slices[0].values.allSatisfy { !$0.text.hasPrefix("#") } && slices[0].values.count < 96)
    #expect(slices[1].values.allSatisfy { !$0.text.hasPrefix("#") } && slices[1].others == nil)
    try harness.stop()
  }

  @Test func thinnedNegativesAreLearnedAndJudgedByTheOddsOfTheStream() throws {
    var schema = Harness.schema
    schema.keptFraction = KeptFraction(path: "kept")
    // Of the two kinds of events one in five is positive in the stream; of the second's negatives a quarter was kept.
    var log = MemoryLog(partitions: 1)
    for index in 0..<8_000 {
      log.append(
        "{\"label\":\(index / 2 % 5 == 0 ? 1 : 0),\"user\":\(index % 2),\"item\":1"
          + (index % 2 == 1 ? ",\"kept\":0.25" : "") + ",\"time\":\(index)}")
    }
    let harness = try Harness(try TemporaryDirectory(), log, schema: schema)
    let report = try harness.wait(records: log.count)
    #expect(abs((report.lastWindow?.calibration ?? 0) - 1) < 0.2 && report.run?.loss ?? 1 < 0.53)
    let scorer = Scorer(harness.service.reference)
    func score(_ user: Int) throws -> Double {
      let features = try harness.features(of: "{\"label\":0,\"user\":\(user),\"item\":1}")
      return features.withUnsafeBufferPointer { PortableMath.sigmoid(Double(scorer.score($0).raw)) }
    }
    // 1 to 4, and 1 to 16.
    #expect(abs(try score(0) - 0.2) < 0.06)
    #expect(abs(try score(1) - 1.0 / 17) < 0.03)
    try harness.stop()
  }

  @Test func thinnedEventsThatWaitAreTheSameAfterARestart() throws {
    var schema = Harness.schema
    schema.keptFraction = KeptFraction(path: "kept", otherwise: 0.5)
    var log = MemoryLog(partitions: 1)
    for index in 0..<200 {
      log.append(
        "{\"label\":\(index % 3 == 0 ? 1 : 0),\"user\":\(index % 7),\"kept\":0.\(1 + index % 9),\"time\":\(index)}")
    }
    var settings = Harness.settings()
    settings.labelDelay = 30
    let calm = try TemporaryDirectory()
    let straight = try Harness(calm, log, settings: settings, schema: schema)
    try straight.wait(records: 200)
    let bits = try straight.bits(calm)
    try straight.stop()
    let directory = try TemporaryDirectory()
    let control = MemorySourceControl()
    control.allow(101)
    let first = try Harness(directory, log, control: control, settings: settings, schema: schema)
    try first.wait(records: 101)
    try first.stop()
    let second = try Harness(directory, log, settings: settings, schema: schema)
    try second.wait(records: 200)
    #expect(try second.bits(directory) == bits)
    try second.stop()
  }
}
