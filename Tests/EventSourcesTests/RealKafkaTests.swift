import Foundation
import Kafka
import TestSupport
import Testing

@testable import EventSources

/// Against the real Apache Kafka, both generations: what the mock cluster cannot vouch for. One node serves all steps.
@Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
struct RealKafkaTests {
  @Test(arguments: ["4.3", "3.9"]) func positionsOrderAndLossAgainst(_ version: String) throws {
    let kafka = try RealKafka(version: version)
    try positionsAndOrder(kafka)
    try batchesLargerThanAFetch(kafka)
    try removedRecords(kafka)
    try startsAtTimes(kafka)
    try newPartitionsAndNewTopics(kafka)
    try aTopicMadeAnewWhileItIsRead(kafka)
    try endsWithoutRecords(kafka)
  }

  func settings(_ kafka: RealKafka, _ topic: String) -> KafkaSourceSettings {
    KafkaSourceSettings(topic: topic, properties: ["bootstrap.servers": kafka.bootstrapServers])
  }

  func produce(_ texts: [String], to topic: String, partition: Int32, _ kafka: RealKafka) throws {
    let producer = try KafkaProducer(KafkaConfiguration(["bootstrap.servers": kafka.bootstrapServers]))
    for text in texts { try producer.produce(text, to: topic, partition: partition) }
    try producer.flush(timeoutMilliseconds: 60_000)
    #expect(producer.deliveries.delivered == UInt64(texts.count))
  }

  /// Four partitions, read twice in the same order, with a restart in the middle of the replay.
  func positionsAndOrder(_ kafka: RealKafka) throws {
    try kafka.tool("topics", ["--create", "--topic", "orders", "--partitions", "4"])
    for partition: Int32 in 0..<4 {
      try produce((0..<5000).map { "\(partition)-\($0)" }, to: "orders", partition: partition, kafka)
    }
    let first = try KafkaSource(settings(kafka, "orders"))
    let report = try first.start(at: nil, missing: .refuse, replaying: [])
    var live = Collected(report)
    live.take(20_000, from: first, maximum: 333)
    #expect(live.position.partitions.map(\.nextOffset) == [5000, 5000, 5000, 5000])
    live.take(1, from: first, patience: 30)
    first.publish(learned: live.position)
    first.close()

    let second = try KafkaSource(settings(kafka, "orders"))
    var replayed = try Collected(second.start(at: report.position, missing: .refuse, replaying: live.runs))
    replayed.take(7777, from: second)
    #expect(replayed.texts == Array(live.texts.prefix(7777)))
    // The rest of the order, as a journal would give it.
    let rest = OrderJournal.cut(live.runs, 7777..<20_000, withJumpsAtEnd: true)
    let third = try KafkaSource(settings(kafka, "orders"))
    let restart = try third.start(at: replayed.position, missing: .refuse, replaying: rest)
    #expect(restart.notes.filter { if case .lastRecordVerified = $0 { true } else { false } }.count >= 1)
    var last = Collected(restart)
    last.take(12_223, from: third)
    #expect(replayed.texts + last.texts == live.texts)
    #expect(last.position.checksumSum == live.position.checksumSum)
    #expect(last.position.partitions.map(\.lastRecord) == live.position.partitions.map(\.lastRecord))
    #expect(last.position.partitions.map(\.nextOffset) == live.position.partitions.map(\.nextOffset))
  }

  /// Of batches larger than a fetch a broker sends one partition's alone: all last records are read again all the same.
  func batchesLargerThanAFetch(_ kafka: RealKafka) throws {
    try kafka.tool("topics", ["--create", "--topic", "bulky", "--partitions", "4"])
    let text = String(repeating: "x", count: 20_000)
    for partition: Int32 in 0..<4 {
      try produce((0..<200).map { "\(partition)-\($0)-\(text)" }, to: "bulky", partition: partition, kafka)
    }
    var settings = settings(kafka, "bulky")
    settings.properties["fetch.message.max.bytes"] = "20000"
    let first = try KafkaSource(settings)
    var live = try Collected(first.start(at: nil, missing: .refuse, replaying: []))
    live.take(790, from: first)
    first.close()
    let second = try KafkaSource(settings)
    let report = try second.start(at: live.position, missing: .refuse, replaying: [])
    #expect(report.notes.filter { if case .lastRecordVerified = $0 { true } else { false } }.count == 4)
    second.close()
  }

  /// Records that retention removes from under a position.
  func removedRecords(_ kafka: RealKafka) throws {
    try kafka.tool("topics", ["--create", "--topic", "kept", "--partitions", "1"])
    try produce((0..<1000).map { "record \($0)" }, to: "kept", partition: 0, kafka)
    let source = try KafkaSource(settings(kafka, "kept"))
    var early = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    early.take(300, from: source)
    var later = early
    later.take(200, from: source)
    let request = try kafka.file(
      #"{"partitions": [{"topic": "kept", "partition": 0, "offset": 500}], "version": 1}"#)
    try kafka.tool("delete-records", ["--offset-json-file", request])
    let problem = #expect(throws: SourceProblem.self) { try source.seek(to: early.position) }
    #expect(problem?.kind == .positionLost)
    #expect(problem?.lost == [LostPosition(partition: 0, wanted: 300, earliest: 500, latest: 1000)])
    // The record before this position is gone, the position itself is not.
    let report = try source.seek(to: later.position)
    #expect(report.notes == [.lastRecordGone(partition: 0, offset: 499)])
    var rest = Collected(report)
    rest.take(500, from: source)
    #expect(rest.texts == (500..<1000).map { "record \($0)" })
    let moved = try source.seek(to: early.position, missing: .latest)
    #expect(moved.position[0]?.nextOffset == 1000)
  }

  /// A start at a time: the first record of each partition that is not older, else the next to come.
  func startsAtTimes(_ kafka: RealKafka) throws {
    try kafka.tool("topics", ["--create", "--topic", "timed", "--partitions", "3"])
    try produce((0..<50).map { "old \($0)" }, to: "timed", partition: 0, kafka)
    try produce((0..<5).map { "older \($0)" }, to: "timed", partition: 1, kafka)
    let reader = try KafkaSource(settings(kafka, "timed"))
    var old = try Collected(reader.start(at: nil, missing: .refuse, replaying: []))
    old.take(55, from: reader)
    let newest = try #require(old.position.partitions.compactMap(\.lastRecord?.timestamp).max())
    // Producers' clocks tell milliseconds.
    while Int64(Date().timeIntervalSince1970 * 1000) <= newest + 1 { usleep(1000) }
    try produce((0..<7).map { "new \($0)" }, to: "timed", partition: 0, kafka)

    var timed = settings(kafka, "timed")
    timed.startsAt = .time(milliseconds: newest + 1)
    let source = try KafkaSource(timed)
    #expect(source.hasCertainStart)
    let report = try source.start(at: nil, missing: .refuse, replaying: [])
    #expect(report.position.partitions.map(\.nextOffset) == [50, 5, 0])
    var fresh = Collected(report)
    fresh.take(7, from: source)
    #expect(fresh.texts == (0..<7).map { "new \($0)" })
    // Before the first record, and told as an operator tells: another topic's position is gone.
    var lost = old.position
    lost.identity = "elsewhere/timed"
    let all = try source.seek(to: lost, missing: .time(milliseconds: 0))
    #expect(all.position.partitions.map(\.nextOffset) == [0, 0, 0])
    let late = try source.seek(to: lost, missing: .time(milliseconds: newest + 3_600_000))
    #expect(late.position.partitions.map(\.nextOffset) == [57, 5, 0])
  }

  /// A partition that is added while the topic is read, and a topic that is deleted and made anew.
  func newPartitionsAndNewTopics(_ kafka: RealKafka) throws {
    try kafka.tool("topics", ["--create", "--topic", "grown", "--partitions", "1"])
    try produce(["a", "b"], to: "grown", partition: 0, kafka)
    var curious = settings(kafka, "grown")
    curious.partitionRefreshMilliseconds = 200
    let source = try KafkaSource(curious)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(2, from: source)
    try kafka.tool("topics", ["--alter", "--topic", "grown", "--partitions", "3"])
    try produce(["c"], to: "grown", partition: 2, kafka)
    try produce(["d"], to: "grown", partition: 0, kafka)
    collected.take(2, from: source, patience: 200)
    #expect(Set(collected.texts) == ["a", "b", "c", "d"])
    #expect(collected.position.partitions.map(\.nextOffset).filter { $0 > 0 } == [3, 1])
    source.close()

    try kafka.tool("topics", ["--delete", "--topic", "grown"])
    try kafka.tool("topics", ["--create", "--topic", "grown", "--partitions", "3"])
    try produce(["x", "y", "z", "more"], to: "grown", partition: 0, kafka)
    try produce(["x"], to: "grown", partition: 2, kafka)
    let again = try KafkaSource(curious)
    let problem = #expect(throws: SourceProblem.self) {
      try again.start(at: collected.position, missing: .refuse, replaying: [])
    }
    #expect(problem?.kind == .otherSource)
    var fresh = try Collected(again.start(at: collected.position, missing: .earliest, replaying: []))
    fresh.take(5, from: again)
    #expect(fresh.texts.sorted() == ["more", "x", "x", "y", "z"])
  }

  /// A topic that is deleted, made anew and filled beyond the old offset while it is read.
  func aTopicMadeAnewWhileItIsRead(_ kafka: RealKafka) throws {
    try kafka.tool("topics", ["--create", "--topic", "remade", "--partitions", "1"])
    try produce((0..<100).map { "old \($0)" }, to: "remade", partition: 0, kafka)
    var curious = settings(kafka, "remade")
    curious.partitionRefreshMilliseconds = 500
    let source = try KafkaSource(curious)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    #expect((collected.position.topicID != nil) == (KafkaLibrary.versionNumber >= 0x0203_0000))
    collected.take(100, from: source)
    try kafka.tool("topics", ["--delete", "--topic", "remade"])
    try kafka.tool("topics", ["--create", "--topic", "remade", "--partitions", "1"])
    try produce((0..<300).map { "new \($0)" }, to: "remade", partition: 0, kafka)
    // Told by the flow, or found by the check beside it: then some of the new records came before.
    collected.take(300, from: source, patience: 300)
    guard case .problem(let problem) = collected.last else {
      Issue.record("no problem but \(collected.last)")
      return
    }
    #expect(problem.needsRestart)
    let refused = #expect(throws: SourceProblem.self) { try source.seek(to: collected.position) }
    #expect(refused?.kind == .otherSource)
    var fresh = try Collected(source.seek(to: collected.position, missing: .earliest))
    fresh.take(300, from: source)
    #expect(fresh.texts == (0..<300).map { "new \($0)" })
  }

  /// The end of a transaction holds no record; the position moves past it, and survives when the records expire.
  func endsWithoutRecords(_ kafka: RealKafka) throws {
    try kafka.tool("topics", ["--create", "--topic", "committed", "--partitions", "1"])
    let words = [
      "--topic", "committed", "--num-records", "20", "--throughput", "-1", "--record-size", "10", "--transactional-id",
      "x",
      "--transaction-duration-ms", "10000",
    ]
    try kafka.tool("producer-perf-test", words)
    let source = try KafkaSource(settings(kafka, "committed"))
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(20, from: source)
    for _ in 0..<100 where collected.position[0]?.nextOffset == 20 { collected.take(1, from: source, patience: 1) }
    #expect(collected.position[0]?.nextOffset == 21 && collected.position[0]?.lastRecord?.offset == 19)
    #expect(try source.seek(to: collected.position).notes == [.lastRecordVerified(partition: 0, offset: 19)])
    let request = try kafka.file(
      #"{"partitions": [{"topic": "committed", "partition": 0, "offset": -1}], "version": 1}"#)
    try kafka.tool("delete-records", ["--offset-json-file", request])
    #expect(try source.seek(to: collected.position).notes == [.lastRecordGone(partition: 0, offset: 19)])
  }
}
