import BenchmarkSupport
import Foundation

/// One round of everything that is measured, so that several can be compared and a disturbed one shows.
struct Round {
  /// What answered, while what went on.
  enum Case: String, CaseIterable {
    case scoreBusy = "score, learning flat out"
    case echoBusy = "echo, beside the same learning"
    case scoreIdle = "score, daemon idle"
    case echoIdle = "echo, daemon idle"
    case scorePinned = "score, idle, all on one core"
    case echoPinned = "echo, idle, all on one core"
  }

  /// What the parts of a round work with.
  struct Bench {
    let daemon: DaemonProcess
    let scores: LineSocket
    let echo: LineSocket
    let requests: ScoreRequests
    let count: Int
  }

  /// Something measured, and the share of the machine that others took meanwhile.
  struct Measured<Value> {
    let value: Value
    let others: Double
  }

  /// What was learned while time passed.
  struct Learning {
    /// Events a second.
    var rate: Double
    /// The daemon's processor time for an event in microseconds: user and system, all threads, scoring included.
    var processorPerEvent: Double
  }

  private(set) var latencies: [Case: Measured<Latencies>] = [:]
  /// Nobody asked for scores.
  let learningAlone: Measured<Learning>
  /// During `scoreBusy`.
  let learningBesideScores: Measured<Learning>

  /// Measures; the daemon is paused before and after.
  init(_ bench: Bench) throws {
    let daemon = bench.daemon
    func measure(_ kind: Case) throws -> Measured<Latencies> {
      let isScore = [.scoreBusy, .scoreIdle, .scorePinned].contains(kind)
      return try Self.measure(daemon) {
        try Latencies(bench.count, bench.requests, over: isScore ? bench.scores : bench.echo, scores: isScore)
      }
    }

    try daemon.setLearning("running")
    usleep(200_000)
    learningAlone = try Self.measure(daemon) { try Self.learning(daemon) { usleep(1_000_000) } }
    var busy: Measured<Latencies>?
    learningBesideScores = try Self.measure(daemon) { try Self.learning(daemon) { busy = try measure(.scoreBusy) } }
    latencies[.scoreBusy] = busy
    latencies[.echoBusy] = try measure(.echoBusy)
    try daemon.setLearning("paused")

    latencies[.scoreIdle] = try measure(.scoreIdle)
    latencies[.echoIdle] = try measure(.echoIdle)
    try Self.pin(daemon, to: 0..<1)
    latencies[.scorePinned] = try measure(.scorePinned)
    latencies[.echoPinned] = try measure(.echoPinned)
    try Self.pin(daemon, to: 0..<ProcessInfo.processInfo.processorCount)
  }

  private static func measure<Value>(_ daemon: DaemonProcess, _ body: () throws -> Value) throws -> Measured<Value> {
    var value: Value?
    let others = try Machine.othersShare(beside: [daemon.id, getpid()]) { value = try body() }
    guard let value else { throw BenchmarkProblem("nothing was measured") }
    return Measured(value: value, others: others)
  }

  private static func learning(_ daemon: DaemonProcess, during body: () throws -> Void) throws -> Learning {
    let start = Clock.monotonic
    let processor = Machine.processorSeconds(of: daemon.id)
    let before = try daemon.eventsLearned()
    try body()
    let events = Double(try daemon.eventsLearned() - before)
    return Learning(
      rate: events / (Double(Clock.monotonic - start) / 1e9),
      processorPerEvent: (Machine.processorSeconds(of: daemon.id) - processor) / events * 1e6)
  }

  private static func pin(_ daemon: DaemonProcess, to cores: Range<Int>) throws {
    try Machine.pin(daemon.id, to: cores)
    try Machine.pin(getpid(), to: cores)
  }
}
