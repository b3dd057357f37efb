import Foundation
import Glibc
import Kafka
import TestSupport

/// The random run over a real Kafka: the broker goes away, partitions are added, the topic is made anew.
final class KafkaChapter: SoakChapter {
  private static let topic = "events"
  private let broker: KafkaBroker
  private var partitions: Int32
  private var trickle: Trickle

  init(log: RunLog, random: SeededGenerator) throws {
    let ledger = Ledger()
    var random = random
    broker = try KafkaBroker()
    partitions = Int32.random(in: 1...4, using: &random)
    try broker.createTopic(Self.topic, partitions: Int(partitions))
    trickle = Trickle(
      broker.bootstrap, topic: Self.topic, partitions: partitions, ledger: ledger, perSecond: Self.perSecond)
    let source = DaemonUnderTest.kafka(broker.bootstrap, topic: Self.topic) + "\n  partition_refresh: 2s"
    try super.init(source: source, countsRecords: true, ledger: ledger, log: log, random: random)
    log.note("Kafka, \(partitions) partitions")
  }

  private static let perSecond = 200

  override func rest() throws { try trickle.rest() }
  override func flow() throws { try trickle.flow() }
  override func close() { try? trickle.end() }

  override func isReadToTheEnd(_ status: JSON) throws -> Bool {
    let stands = try status["source.partitions"].elements.reduce(into: [Int32: Int64]()) {
      $0[Int32(try $1["partition"].number)] = Int64(try $1["next_offset"].number)
    }
    return try status["learning.state"].text == "running" && ledger.ends.allSatisfy { stands[$0.key] == $0.value }
  }

  override var ownActions: [Action] {
    [
      Action(name: "broker frozen", weight: 1) {
        try self.broker.freeze(seconds: Double.random(in: 0.5...6, using: &self.random))
      },
      Action(name: "broker killed", weight: 1) {
        try self.broker.restart(seconds: Double.random(in: 0...3, using: &self.random))
      },
      Action(name: "partition added", weight: 1, body: addPartition),
      Action(name: "topic made anew", weight: 2) { try self.remake(.running) },
      Action(name: "topic made anew while paused", weight: 1) { try self.remake(.paused) },
      Action(name: "topic made anew while down", weight: 1) { try self.remake(.down) },
    ]
  }

  private func addPartition() throws {
    guard partitions < 8 else { return }
    try rest()
    partitions += 1
    try broker.tool("topics", ["--alter", "--topic", Self.topic, "--partitions", String(partitions)])
    trickle.spread(over: partitions)
    try flow()
    usleep(300_000)
  }

  /// Waits until the broker itself knows the topic that was made anew: what is produced earlier it acknowledges, and adds
  /// to the one that is about to go.
  private func waitUntilEmpty() throws {
    let deadline = Date().addingTimeInterval(60)
    while true {
      let consumer = try KafkaConsumer(KafkaConfiguration(["bootstrap.servers": broker.bootstrap]))
      let ends = (0..<partitions).map { partition in
        try? consumer.watermarks(topic: Self.topic, partition: partition, timeoutMilliseconds: 2000).high
      }
      if ends.allSatisfy({ $0 == 0 }) { return }
      guard Date() < deadline else { throw Program.Failure(description: "the topic made anew holds records: \(ends)") }
      usleep(100_000)
    }
  }

  private enum State { case running, paused, down }

  /// Deletes the topic and makes it anew with other records: fewer than there were, or more.
  private func remake(_ state: State) throws {
    // What was learned is in a snapshot: the records cannot be read again.
    try account()
    try trickle.end()
    try goOn()
    try snapshot()
    let most = Int(ledger.ends.values.max() ?? 0)
    switch state {
    case .running: break
    case .paused: attempt("/v1/learning", "{\"state\":\"paused\"}")
    case .down: daemon.kill()
    }
    try broker.tool("topics", ["--delete", "--topic", Self.topic])
    usleep(UInt32.random(in: 200_000..<1_500_000, using: &random))
    ledger.beginIncarnation()
    try broker.createTopic(Self.topic, partitions: Int(partitions))
    try waitUntilEmpty()
    trickle = Trickle(
      broker.bootstrap, topic: Self.topic, partitions: partitions, ledger: ledger, perSecond: Self.perSecond)
    let isLonger = Bool.random(using: &random)
    if isLonger { trickle.burst((most + 300) * Int(partitions)) }
    log.note("the topic is made anew, \(isLonger ? "longer" : "shorter") than \(most)")
    switch state {
    case .running: break
    case .paused: attempt("/v1/learning", "{\"state\":\"running\"}")
    case .down: try start()
    }
    let deadline = Date().addingTimeInterval(25)
    while true {
      guard daemon.isRunning else { throw Trouble(kind: "ended", text: "the daemon ended by itself") }
      let learning = try status()["learning"]
      if try learning["state"].text == "stopped" {
        log.note("said: \(learning.canonical)")
        return
      }
      guard Date() < deadline else {
        try trickle.rest()
        let status = try status()
        throw Trouble(
          kind: "silent",
          text: "the topic was made anew and learning goes on: \(status["source"].canonical), produced \(ledger.ends)")
      }
      usleep(100_000)
    }
  }
}
