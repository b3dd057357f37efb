import BenchmarkSupport
import Foundation

/// One round of everything that is measured; rounds are compared, so that a disturbed one shows.
struct Round {
  /// What answered whom, while what went on.
  enum Case: String, CaseIterable {
    case pinnedLines = "lines, one core"
    case pinnedLineEcho = "echo of lines, one core"
    case pinnedHTTP = "HTTP, one core"
    case pinnedHTTPEcho = "echo of HTTP, one core"
    case eight = "lines, 8 connections, one core"
    case busy = "lines, learning flat out"
    case busyEcho = "echo, learning flat out"
    case snapshots = "lines, learning and snapshots without a pause"
    case rollbacks = "lines, learning and rollbacks without a pause"
  }

  /// What a round works with.
  struct Bench {
    let daemon: DaemonProcess
    /// A snapshot to go back to.
    let snapshot: Int
    /// All that it can learn.
    let events: Int
    let lines: ScoreRequests
    let http: ScoreRequests
    /// Echoes of lines and of HTTP.
    let echoes: (lines: String, http: String)
    /// The body that h2load sends, where it is installed.
    let h2loadBody: String?
  }

  /// Something measured, and the share of the machine that others took meanwhile.
  struct Measured {
    let latencies: Latencies
    let others: Double
  }

  static let pinnedCount = 20_000
  static let pipelineDepth = 16
  static let pipelineBatches = 6_000
  static let busySeconds = 2.0

  private(set) var cases: [Case: Measured] = [:]
  /// Scores for a second of the event loop's processor time.
  private(set) var pipelined = 0.0
  /// Requests a second: h2load's, and this program's in the same way, both on the daemon's core.
  private(set) var h2loadRate: Double?
  private(set) var ownRate = 0.0
  /// Events learned a second beside scores.
  private(set) var learned = 0.0
  private(set) var snapshotCount = 0
  private(set) var rollbackCount = 0

  /// Measures; the daemon is paused before and after.
  init(_ bench: Bench) throws {
    try measurePinned(bench)
    try measureBusy(bench)
  }

  private mutating func measurePinned(_ bench: Bench) throws {
    let daemon = bench.daemon
    try Self.pin(daemon, to: 0..<1)
    let score = daemon.folder + "/score.sock"
    let lines = try WireSocket(path: score, as: .lines)
    let http = try WireSocket(path: score, as: .http)
    let lineEcho = try WireSocket(path: bench.echoes.lines, as: .lines)
    let httpEcho = try WireSocket(path: bench.echoes.http, as: .http)
    func pair(_ kind: Case, _ requests: ScoreRequests, _ socket: WireSocket, scores: Bool) throws {
      try measure(kind, daemon) {
        try Latencies.alternating(Self.pinnedCount, requests, over: socket, scores: scores)
      }
    }
    try pair(.pinnedLines, bench.lines, lines, scores: true)
    try pair(.pinnedLineEcho, bench.lines, lineEcho, scores: false)
    let start = Clock.monotonic
    try pair(.pinnedHTTP, bench.http, http, scores: true)
    ownRate = Double(Self.pinnedCount + 1000) / (Double(Clock.monotonic - start) / 1e9)
    try pair(.pinnedHTTPEcho, bench.http, httpEcho, scores: false)
    if let body = bench.h2loadBody {
      h2loadRate = try H2load.rate(socket: score, body: body, requests: Self.pinnedCount)
    }
    let eight = try (0..<8).map { _ in try WireSocket(path: score, as: .lines) }
    try measure(.eight, daemon) { try Latencies.rotating(Self.pinnedCount, bench.lines, over: eight) }
    pipelined = try Self.pipelined(bench, lines)
    try Self.pin(daemon, to: 0..<ProcessInfo.processInfo.processorCount)
  }

  private static func pipelined(_ bench: Bench, _ socket: WireSocket) throws -> Double {
    func loopSeconds() throws -> Double {
      guard let seconds = Machine.threadSeconds(of: bench.daemon.id)["afm-serve-0"] else {
        throw BenchmarkProblem("afmd has no thread called afm-serve-0")
      }
      return seconds
    }
    func run(_ batches: Int) throws {
      for index in 0..<batches {
        try bench.lines.withRequests(index * pipelineDepth, depth: pipelineDepth) { try socket.send($0) }
        try AnswerCheck.areScores(try socket.receive(pipelineDepth), pipelineDepth)
      }
    }
    try run(200)
    // What is measured is the daemon's own thread, so that checking the answers is not.
    let before = try loopSeconds()
    try run(pipelineBatches)
    return Double(pipelineBatches * pipelineDepth) / (try loopSeconds() - before)
  }

  private mutating func measureBusy(_ bench: Bench) throws {
    let daemon = bench.daemon
    let socket = try WireSocket(path: daemon.folder + "/score.sock", as: .lines)
    let echo = try WireSocket(path: bench.echoes.lines, as: .lines)
    let control = daemon.folder + "/control.sock"
    // From the same place in the file again, so that it lasts for all cases.
    let rewind = "{\"op\":\"rollback\",\"snapshot\":\(bench.snapshot),\"position\":\"rewind\"}"
    _ = try daemon.ask(rewind)
    try daemon.setLearning("running")
    usleep(200_000)
    let start = Clock.monotonic
    let count = try Self.learned(.busy, bench) {
      try measure(.busy, daemon) {
        try Latencies.alternating(seconds: Self.busySeconds, bench.lines, over: socket)
      }
    }
    learned = Double(count) / (Double(Clock.monotonic - start) / 1e9)
    _ = try Self.learned(.busyEcho, bench) {
      try measure(.busyEcho, daemon) {
        try Latencies.alternating(Self.pinnedCount, bench.lines, over: echo, scores: false)
      }
    }
    _ = try daemon.ask(rewind)
    _ = try Self.learned(.snapshots, bench) {
      let snapshots = Commander("{\"op\":\"snapshot\"}", socket: control, pause: 1_000)
      try measure(.snapshots, daemon) {
        try Latencies.alternating(seconds: Self.busySeconds, bench.lines, over: socket)
      }
      snapshotCount = try snapshots.end()
    }
    let rollbacks = Commander(rewind, socket: control, pause: 50_000)
    try measure(.rollbacks, daemon) {
      try Latencies.alternating(seconds: Self.busySeconds, bench.lines, over: socket)
    }
    rollbackCount = try rollbacks.end()
    guard snapshotCount > 0, rollbackCount > 0 else {
      throw BenchmarkProblem("\(snapshotCount) snapshots and \(rollbackCount) rollbacks were answered beside scores")
    }
    try daemon.setLearning("paused")
  }

  /// How many events the daemon learned during a case; fails where it ran out of them, and so rested.
  private static func learned(_ kind: Case, _ bench: Bench, _ work: () throws -> Void) throws -> Int {
    let before = try bench.daemon.eventsLearned()
    try work()
    let after = try bench.daemon.eventsLearned()
    guard after > before, after < bench.events else {
      throw BenchmarkProblem(
        "\(kind.rawValue): the daemon learned from event \(before) to \(after) of \(bench.events), so not to the end of "
          + "the case: raise SocketSpeed.events")
    }
    return after - before
  }

  private mutating func measure(_ kind: Case, _ daemon: DaemonProcess, _ body: () throws -> Latencies) throws {
    var latencies: Latencies?
    let others = try Machine.othersShare(beside: [daemon.id, getpid()]) { latencies = try body() }
    guard let latencies else { throw BenchmarkProblem("nothing was measured") }
    cases[kind] = Measured(latencies: latencies, others: others)
  }

  private static func pin(_ daemon: DaemonProcess, to cores: Range<Int>) throws {
    try Machine.pin(daemon.id, to: cores)
    try Machine.pin(getpid(), to: cores)
  }
}
