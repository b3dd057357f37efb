import BenchmarkSupport
import Foundation

/// One life of a daemon that learns all records of a source, and what that took once its table was warm.
struct LearningRun {
  /// Events a second of time that passes.
  let rate: Double
  /// Microseconds of the daemon's processor time an event, user and system, all threads.
  let processor: Double
  /// The same for each thread by its name.
  let threads: [String: Double]
  /// The same of the process from its start to its last event, for all events: with the start of a process and the
  /// first pass, which claims the table's rows.
  let wholeLife: Double
  /// The share of the machine that others took; the broker is not counted among them.
  let others: Double

  /// Learns.
  ///
  /// - Parameters:
  ///   - source: the section `source` of the daemon's settings.
  ///   - first: the events that come before measuring begins.
  ///   - events: all that the source holds.
  ///   - broker: processes of a broker.
  init(source: String, first: Int, events: Int, broker: [Int32] = []) throws {
    let folder = DaemonProcess.temporaryFolder()
    let daemon = try DaemonProcess(
      folder: folder, settings: FlightsSettings.text(folder: folder, source: source))
    defer { daemon.end() }
    try daemon.waitUntilLearned(first, pause: 1000)
    let before = try Sample(daemon)
    var after = before
    others = try Machine.othersShare(beside: [daemon.id, getpid()] + broker) {
      try daemon.waitUntilLearned(events, pause: 2000)
      after = try Sample(daemon)
    }
    guard after.learned == events, before.learned < events else {
      throw BenchmarkProblem("\(after.learned) events were learned instead of \(events), from \(before.learned) on")
    }
    let count = Double(events - before.learned)
    rate = count / (Double(after.time - before.time) / 1e9)
    processor = (after.processor - before.processor) / count * 1e6
    threads = after.threads.merging(before.threads) { ($0 - $1) }.mapValues { $0 / count * 1e6 }
    wholeLife = after.processor / Double(events) * 1e6
  }

  private struct Sample {
    let time: UInt64
    let learned: Int
    let processor: Double
    let threads: [String: Double]

    init(_ daemon: DaemonProcess) throws {
      learned = try daemon.eventsLearned()
      time = Clock.monotonic
      processor = Machine.processorSeconds(of: daemon.id)
      threads = Machine.threadSeconds(of: daemon.id)
    }
  }
}
