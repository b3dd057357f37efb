import Kafka
import Testing
import Threads

@testable import EventSources

/// How far a topic reaches, and whether its brokers answer at all, is seen beside the reading of it: against librdkafka's
/// mock cluster.
@Suite(.serialized) struct KafkaWatchTests: OnMockCluster {
  let cluster: KafkaMockCluster

  init() throws {
    cluster = try KafkaMockCluster()
    try cluster.createTopic("events", partitions: 2)
  }

  var settings: KafkaSourceSettings {
    KafkaSourceSettings(
      topic: "events", properties: properties, watchMilliseconds: 100)
  }

  /// What a watch saw, and what it said in the log.
  final class Watched: Sendable {
    let sights = Monitor<[SourceSight]>([])
    let notices = Lock<[String]>([])

    func see(_ sight: SourceSight) { sights.update { $0.append(sight) } }

    /// Waits for a sight, among those from now on.
    func wait(_ condition: @Sendable (SourceSight) -> Bool) throws -> SourceSight {
      sights.update { $0 = [] }
      return try #require(
        sights.wait(milliseconds: 60_000) { sights in
          if let found = sights.first(where: condition) { return found }
          sights = []
          return nil
        })
    }
  }

  @Test func endsAreThoseOfThisMoment() throws {
    let watched = Watched()
    let watch = KafkaWatch(settings, notify: { _ in }, tell: watched.see)
    _ = try watched.wait { $0 == SourceSight(ends: [0: 0, 1: 0]) }
    try produce(["a", "b"])
    _ = try watched.wait { $0 == SourceSight(ends: [0: 2, 1: 0]) }
    try produce(["c"], partition: 1)
    _ = try watched.wait { $0 == SourceSight(ends: [0: 2, 1: 1]) }
    watch.end()
  }

  @Test func brokersThatAreAwayAreAProblemUntilOneAnswers() throws {
    let watched = Watched()
    let watch = KafkaWatch(
      settings, notify: { notice in watched.notices.withLock { $0.append(notice.message) } }, tell: watched.see)
    _ = try watched.wait { $0.problem == nil }
    try cluster.setDown(broker: 1)
    let away = try watched.wait { $0.problem != nil }
    #expect(away.problem?.kind == .unreachable && away.ends.isEmpty)
    #expect(away.problem?.message.contains("bootstrap.servers") == true)
    // It stands, though it may have been told first of a look whose first question was answered.
    let again = try watched.wait { _ in true }
    #expect(again.problem?.kind == .unreachable && again.ends.isEmpty)
    try cluster.setUp(broker: 1)
    #expect(try watched.wait { $0.problem == nil }.ends == [0: 0, 1: 0])
    watch.end()
    let notices = watched.notices.withLock { $0 }
    #expect((2...3).contains(notices.count) && notices.first == away.problem?.message)
    #expect(notices.last?.contains("answers again") == true)
  }

  @Test func aTopicThatIsDeletedIsAProblem() throws {
    let watched = Watched()
    let watch = KafkaWatch(settings, notify: { _ in }, tell: watched.see)
    _ = try watched.wait { $0.problem == nil }
    cluster.failTopic("events", error: 3)
    _ = try watched.wait { $0.problem?.kind == .missing }
    cluster.failTopic("events", error: 0)
    _ = try watched.wait { $0.problem == nil }
    watch.end()
  }

  /// The broker of one partition is there and says nothing.
  @Test func aBrokerThatHangsIsToldWithItsPartitionAndHoldsNothingUp() throws {
    let cluster = try KafkaMockCluster(brokers: 2)
    try cluster.createTopic("events", partitions: 2)
    try cluster.setLeader(topic: "events", partition: 0, broker: 1)
    try cluster.setLeader(topic: "events", partition: 1, broker: 2)
    let first = try #require(cluster.bootstrapServers.split(separator: ",").first)
    let watched = Watched()
    let watch = KafkaWatch(
      KafkaSourceSettings(topic: "events", properties: ["bootstrap.servers": "\(first)"], watchMilliseconds: 100),
      notify: { _ in }, tell: watched.see)
    _ = try watched.wait { $0 == SourceSight(ends: [0: 0, 1: 0]) }
    try cluster.setRoundTripTime(broker: 2, milliseconds: 30_000)
    // librdkafka may ask the broker that hangs which partitions there are; then nothing is known for a look or two.
    let hung = try watched.wait { $0.problem != nil && $0.ends == [0: 0] }
    #expect(hung.problem?.kind == .unreachable)
    #expect(hung.problem?.message.contains("partition 1 of topic events") == true)
    #expect(watch.lastAnswer != nil)
    let began = monotonicMilliseconds()
    watch.end()
    // Far less than the answer would take; a machine under load takes a while too.
    #expect(monotonicMilliseconds() - began < 20_000)
  }

  @Test func readingIsNotCaughtUpWhileNoBrokerAnswers() throws {
    try produce(["a", "b"])
    let source = try KafkaSource(settings)
    var collected = try Collected(source.start(at: nil, missing: .refuse, replaying: []))
    collected.take(3, from: source, patience: 3)
    #expect(collected.texts == ["a", "b"] && collected.last == .idle(caughtUp: true))
    let watched = Watched()
    source.watch(watched.see)
    try cluster.setDown(broker: 1)
    for _ in 0..<600 {
      collected.take(1, from: source, patience: 1)
      if case .problem = collected.last { break }
    }
    guard case .problem(let problem) = collected.last else {
      Issue.record("nothing is said")
      return
    }
    #expect(problem.kind == .unreachable && problem.isTransient)
    // It stands, whatever the ends are that were reached before.
    for _ in 0..<10 {
      collected.take(1, from: source, patience: 1)
      guard case .problem(let standing) = collected.last else {
        Issue.record("it is forgotten")
        break
      }
      #expect(standing.kind == .unreachable)
    }
    try cluster.setUp(broker: 1)
    for _ in 0..<600 {
      collected.take(1, from: source, patience: 1)
      if collected.last == .idle(caughtUp: true) { break }
    }
    #expect(collected.last == .idle(caughtUp: true))
    try produce(["c"])
    collected.take(1, from: source)
    #expect(collected.texts == ["a", "b", "c"])
    source.close()
  }
}
