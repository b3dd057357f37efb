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
    latencies.append(("nobody ranks", try Self.measure(daemon, streams: 0, requests: [])))
    latencies.append(("one stream of rankings", try Self.measure(daemon, streams: 1, requests: daemon.rankings)))
    latencies.append(("four streams of rankings", try Self.measure(daemon, streams: 4, requests: daemon.rankings)))
    latencies.append(("one stream of scorings", try Self.measure(daemon, streams: 1, requests: daemon.scorings)))
  }

  private static func measure(_ daemon: RankDaemon, streams: Int, requests: [[UInt8]]) throws -> [UInt64] {
    let stream = Stream()
    let socket = daemon.socket
    let threads = (0..<streams).map { _ in
      let thread = Thread {
        do {
          let connection = try LineSocket(path: socket)
          var next = 0
          while !stream.ends.load(ordering: .relaxed) {
            _ = try requests[next % requests.count].withUnsafeBytes { try connection.exchange($0) }
            stream.answered.add(1, ordering: .relaxed)
            next += 1
          }
        } catch {
          stream.failed.store(true, ordering: .relaxed)
        }
        stream.answered.add(1, ordering: .relaxed)
      }
      thread.start()
      return thread
    }
    let connection = try daemon.connect()
    let single = daemon.single
    var times: [UInt64] = []
    for _ in 0..<Self.scores {
      let start = Clock.monotonic
      _ = try single.withUnsafeBytes { try connection.exchange($0) }
      times.append(Clock.monotonic - start)
      // Not in step with the stream.
      usleep(UInt32.random(in: 0...300))
    }
    stream.ends.store(true, ordering: .relaxed)
    for thread in threads { while !thread.isFinished { usleep(1_000) } }
    let answered = stream.answered.load(ordering: .relaxed)
    guard !stream.failed.load(ordering: .relaxed), streams == 0 || answered > streams * 50 else {
      throw BenchmarkProblem("the streams of rankings ended early, after \(answered) answers")
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
