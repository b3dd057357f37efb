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
    let daemon: MeasuredDaemon
    let scores: LineSocket
    let echo: LineSocket
    let requests: ScoreRequests
    let count: Int
  }

  private(set) var latencies: [Case: Latencies] = [:]
  /// Events a second while nobody asked for scores.
  private(set) var rateAlone = 0.0
  /// Events a second while scores were asked for.
  private(set) var rateScoring = 0.0
  /// The daemon's processor time for an event in microseconds, user and system, all threads, without scoring.
  private(set) var processorPerEvent = 0.0

  /// Measures; the daemon is paused before and after.
  init(_ bench: Bench) throws {
    let daemon = bench.daemon
    let requests = bench.requests
    let cores = 0..<ProcessInfo.processInfo.activeProcessorCount
    func scores() throws -> Latencies { try Latencies(bench.count, requests, over: bench.scores, scores: true) }
    func echo() throws -> Latencies { try Latencies(bench.count, requests, over: bench.echo, scores: false) }

    try daemon.setLearning("running")
    usleep(200_000)
    var processor = 0.0
    let alone = try Self.learned(by: daemon) {
      let before = Machine.processorSeconds(of: daemon.id)
      usleep(1_000_000)
      processor = Machine.processorSeconds(of: daemon.id) - before
    }
    rateAlone = alone.rate
    processorPerEvent = processor / alone.events * 1e6
    var busy: Latencies?
    rateScoring = try Self.learned(by: daemon) { busy = try scores() }.rate
    latencies[.scoreBusy] = busy
    latencies[.echoBusy] = try echo()
    try daemon.setLearning("paused")

    latencies[.scoreIdle] = try scores()
    latencies[.echoIdle] = try echo()
    try Machine.pin(daemon.id, to: 0..<1)
    try Machine.pin(getpid(), to: 0..<1)
    latencies[.scorePinned] = try scores()
    latencies[.echoPinned] = try echo()
    try Machine.pin(daemon.id, to: cores)
    try Machine.pin(getpid(), to: cores)
  }

  private static func learned(
    by daemon: MeasuredDaemon, during body: () throws -> Void
  ) throws -> (events: Double, rate: Double) {
    let start = Clock.monotonic
    let before = try daemon.eventsLearned()
    try body()
    let events = Double(try daemon.eventsLearned() - before)
    return (events, events / (Double(Clock.monotonic - start) / 1e9))
  }
}
