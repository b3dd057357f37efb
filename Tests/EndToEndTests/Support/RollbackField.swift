import Foundation
import Glibc
import Kafka
import TestSupport

/// A daemon that learns what trickles into a mock cluster, and is killed again and again while it rolls back.
final class RollbackField {
  /// A kind of rollback.
  struct Kind: Hashable, CustomStringConvertible {
    var isKeep: Bool
    var isNewest: Bool
    var description: String { "\(isKeep ? "keep" : "rewind") \(isNewest ? "newest" : "older")" }

    static let all = [true, false].flatMap { keep in [true, false].map { Kind(isKeep: keep, isNewest: $0) } }
  }

  /// When it is killed.
  enum Moment: CustomStringConvertible {
    /// So long after the command was sent, while records trickle in.
    case after(milliseconds: Double)
    /// Instead of the nth call that changes the state directory, counted from the command on; nothing is produced then.
    case at(call: Int, of: String)

    var description: String {
      switch self {
      case .after(let milliseconds): String(format: "after %.1f ms", milliseconds)
      case .at(let call, let kinds): "at call \(call) of \(kinds)"
      }
    }
  }

  /// What became of one rollback.
  struct Outcome {
    /// Whether the rollback is in the line of the model that came up again, and whether it had been acknowledged.
    var hasHappened = false
    var wasAcknowledged = false
    /// Whether the daemon ended at the moment asked for, not because it had outlived it.
    var reachedMoment = true
    var findings: [Descent.Finding] = []
  }

  let daemon: DaemonUnderTest
  let log: RunLog
  private let cluster: KafkaMockCluster
  private let ledger = Ledger()
  private let trickle: Trickle
  private let faults: Faults
  private let environment: [String: String]
  private let control: ControlSocket
  private var descent = Descent(countsRecords: true)

  /// Every call on the way of a rollback that changes the disk.
  static let steps = "creating,pwrite,fsync,rename,ftruncate,mkdir,unlink"

  init(partitions: Int32, library: String?, log: RunLog) throws {
    self.log = log
    cluster = try KafkaMockCluster()
    try cluster.createTopic("events", partitions: partitions)
    faults = try Faults()
    environment = faults.environment.merging(library.map { ["LD_LIBRARY_PATH": $0] } ?? [:]) { $1 }
    daemon = try DaemonUnderTest(
      .init(
        source: DaemonUnderTest.kafka(cluster.bootstrapServers, topic: "events"),
        snapshots: "every: null\nkeep: 500\non_shutdown: false",
        more: Soak.settings))
    control = ControlSocket(path: daemon.control)
    trickle = Trickle(
      cluster.bootstrapServers, topic: "events", partitions: partitions, ledger: ledger, perSecond: 200)
    try start()
  }

  deinit {
    try? trickle.end()
  }

  /// Takes two snapshots, rolls back to one of them, ends the daemon at the moment, starts it again, lets it read
  /// everything and judges.
  func kill(_ kind: Kind, _ moment: Moment) throws -> Outcome {
    try trickle.flow()
    try learnMore(60)
    let older = try snapshot()
    try learnMore(60)
    let newest = try snapshot()
    try learnMore(60)
    if case .at(let call, let kinds) = moment {
      try trickle.rest()
      try readEverything()
      try faults.arm("\(kinds) \(daemon.state)/* \(call) kill")
    }
    let target = kind.isNewest ? newest : older
    let before = Set(descent.snapshots.keys)
    log.note("rollback to \(target) (\(kind)), kill \(moment)")
    var outcome = Outcome()
    let client = try control.send(
      "POST", "/v1/rollback", "{\"snapshot\":\(target),\"position\":\"\(kind.isKeep ? "keep" : "rewind")\"}")
    if case .after(let milliseconds) = moment { usleep(UInt32(milliseconds * 1000)) }
    if case .at = moment, let answer = ControlSocket.answer(from: client) {
      // It was answered, so the daemon outlived the call: there are fewer.
      outcome.reachedMoment = false
      outcome.wasAcknowledged = answer.status == 200
    }
    let code = daemon.kill()
    faults.disarm()
    if code != -SIGKILL {
      outcome.findings.append(.init(kind: .wrong, text: "the daemon ended by itself with \(code ?? 0)"))
    }
    if outcome.reachedMoment { outcome.wasAcknowledged = ControlSocket.answer(from: client)?.status == 200 }
    for line in faults.report.suffix(1) { log.note("the shim: \(line)") }

    try trickle.flow()
    try start()
    usleep(100_000)
    try trickle.rest()
    try readEverything()
    let last = try snapshot()
    outcome.findings += descent.judge(ledger)
    if !descent.isComplete(last, ledger) {
      outcome.findings.append(.init(kind: .lost, text: "snapshot \(last) does not stand at the end of all partitions"))
    }
    let rollbacks = descent.line(of: last).filter { $0.rollback != nil && !before.contains($0.id) }
    outcome.hasHappened = !rollbacks.isEmpty
    if rollbacks.count > 1 || rollbacks.contains(where: { $0.rollback?.target != target }) {
      outcome.findings.append(.init(kind: .wrong, text: "rollbacks that nobody asked for: \(rollbacks.map(\.id))"))
    }
    if outcome.wasAcknowledged, !outcome.hasHappened {
      outcome.findings.append(.init(kind: .wrong, text: "an acknowledged rollback is gone after the restart"))
    }
    log.note(
      "\(outcome.hasHappened ? "it happened" : "it did not happen")"
        + "\(outcome.wasAcknowledged ? ", acknowledged" : ""); \(ledger.total) records; findings: \(outcome.findings)")
    return outcome
  }

  /// Ends the daemon; whether its model is, bit for bit, that of the records that its line learned (of one partition).
  func hasTheModelOfItsRecords() throws -> Bool {
    try trickle.rest()
    try readEverything()
    let last = try snapshot()
    daemon.kill()
    return try ModelComparison.recordsOfEqualModel(daemon, last, descent, ledger) != nil
  }

  /// How long a rollback takes from the command to the answer, in milliseconds.
  func duration() throws -> Double {
    try learnMore(60)
    let target = try snapshot()
    try learnMore(60)
    let begun = Date()
    let answer = try control.ask("POST", "/v1/rollback", "{\"snapshot\":\(target),\"position\":\"rewind\"}")
    guard answer.status == 200 else {
      throw Program.Failure(description: "a calm rollback: \(answer.status) \(answer.body.canonical)")
    }
    return Date().timeIntervalSince(begun) * 1000
  }

  private func start() throws {
    try daemon.start(environment: environment)
  }

  private func status() throws -> JSON {
    try control.ask("GET", "/v1/status").body
  }

  private func snapshot() throws -> Int {
    let answer = try control.ask("POST", "/v1/snapshots")
    guard answer.status == 200 else {
      throw Program.Failure(description: "no snapshot: \(answer.status) \(answer.body.canonical)")
    }
    try descent.read(daemon.state, incarnation: 0)
    return Int(try answer.body["snapshot"].number)
  }

  private func learnMore(_ count: Double) throws {
    let begin = try status()["events_learned"].number
    try waiting("\(count) more events are learned") { try $0["events_learned"].number >= begin + count }
  }

  /// Waits until the position is the end of what was produced, in every partition.
  private func readEverything() throws {
    try waiting("everything is read") { status in
      let stands = try status["source.partitions"].elements.reduce(into: [Int32: Int64]()) {
        $0[Int32(try $1["partition"].number)] = Int64(try $1["next_offset"].number)
      }
      return ledger.ends.allSatisfy { stands[$0.key] == $0.value }
    }
  }

  private func waiting(_ what: String, _ condition: (JSON) throws -> Bool) throws {
    let deadline = Date().addingTimeInterval(30)
    while true {
      guard daemon.isRunning else { throw Program.Failure(description: "the daemon ended while \(what)") }
      let status = try status()
      if try condition(status) { return }
      let state = try status["learning.state"].text
      guard Date() < deadline, state == "running" else {
        throw Program.Failure(
          description: "it never came about that \(what): learning is \(status["learning"].canonical), source "
            + "\(status["source"].canonical); produced \(ledger.ends)")
      }
      usleep(10_000)
    }
  }
}
