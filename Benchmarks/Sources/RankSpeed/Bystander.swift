import BenchmarkSupport
import Foundation
import Synchronization

/// The latency of single scores on one connection while others stream rankings.
struct Bystander {
  /// Whether streams go on, and how many of their requests were answered.
  private final class Stream: Sendable {
    let ends = Atomic<Bool>(false)
    let answered = Atomic<Int>(0)
    let failed = Atomic<Bool>(false)
  }

  private static let scores = 3_000

  private var latencies: [(name: String, sorted: [UInt64])] = []

  init(_ daemon: RankDaemon) throws {
    func beside(
      _ name: String, _ streams: Int, _ requests: [[UInt8]],
      _ check: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) throws {
      latencies.append((name, try Self.measure(daemon, streams: streams, requests: requests, check)))
    }
    try beside("nobody ranks", 0, []) { _ in }
    try beside("one stream of rankings", 1, daemon.rankings) { try AnswerCheck.isRanking($0) }
    try beside("four streams of rankings", 4, daemon.rankings) { try AnswerCheck.isRanking($0) }
    try beside("one stream of scorings", 1, daemon.scorings) { try AnswerCheck.isScore($0) }
  }

  private static func measure(
    _ daemon: RankDaemon, streams: Int, requests: [[UInt8]],
    _ check: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
  ) throws -> [UInt64] {
    let stream = Stream()
    let socket = daemon.socket
    let threads = (0..<streams).map { _ in
      let thread = Thread {
        do {
          let connection = try LineSocket(path: socket)
          var next = 0
          while !stream.ends.load(ordering: .relaxed) {
            let answer = try requests[next % requests.count].withUnsafeBytes { try connection.exchange($0) }
            try check(answer)
            stream.answered.add(1, ordering: .relaxed)
            next += 1
          }
        } catch {
          stream.failed.store(true, ordering: .relaxed)
        }
      }
      thread.start()
      return thread
    }
    let connection = try daemon.connect()
    let single = daemon.single
    var times: [UInt64] = []
    for _ in 0..<Self.scores {
      let start = Clock.monotonic
      let answer = try single.withUnsafeBytes { try connection.exchange($0) }
      times.append(Clock.monotonic - start)
      try AnswerCheck.isScore(answer)
      // Not in step with the stream.
      usleep(UInt32.random(in: 0...300))
    }
    stream.ends.store(true, ordering: .relaxed)
    for thread in threads { while !thread.isFinished { usleep(1_000) } }
    let answered = stream.answered.load(ordering: .relaxed)
    guard !stream.failed.load(ordering: .relaxed), streams == 0 || answered > streams * 50 else {
      throw BenchmarkProblem("a stream of requests ended early, after \(answered) answers in all")
    }
    return times.sorted()
  }

  func add(to figures: inout Figures) {
    let quantiles: [(label: String, quantile: Double, limit: Double?)] = [
      ("p50", 0.5, nil), ("p99", 0.99, 3_000), ("p99.9", 0.999, nil),
    ]
    for (name, sorted) in latencies {
      for (label, quantile, limit) in quantiles {
        figures.add(
          "single score beside: \(name), \(label)", Double(Numbers.quantile(quantile, ofSorted: sorted)) / 1000, "us",
          better: .lower, scaling: .time, limit: name.hasPrefix("one stream of rank") ? limit : nil, tolerance: 0.5)
      }
    }
  }
}
