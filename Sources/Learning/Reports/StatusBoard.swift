import EventSources
import Synchronization
import Threads

/// Where the learner and the ingest thread leave what others may want to know, at most some times a second.
final class StatusBoard: Sendable {
  private let monitor = Monitor(LearningReport())
  private let snapshot = Atomic<UInt64>(StatusBoard.noSnapshot)
  private let eventTime = Atomic<Int64>(StatusBoard.noEventTime)

  // Stand for nil, where a lock would be too much: in front of every score.
  private static let noSnapshot = UInt64.max
  private static let noEventTime = Int64.min

  /// The newest report.
  var report: LearningReport { monitor.read { $0 } }

  /// The newest report's snapshot, without a lock.
  var currentSnapshot: UInt64? {
    let value = snapshot.load(ordering: .relaxed)
    return value == Self.noSnapshot ? nil : value
  }

  /// The newest report's newest event time, without a lock.
  var newestEventTime: Int64? {
    let value = eventTime.load(ordering: .relaxed)
    return value == Self.noEventTime ? nil : value
  }

  /// Leaves a report; the lag, which is the ingest thread's, stays.
  func publish(_ report: LearningReport) {
    monitor.update { current in
      let lag = current.lag
      current = report
      current.lag = lag
    }
    snapshot.store(report.currentSnapshot ?? Self.noSnapshot, ordering: .relaxed)
    eventTime.store(report.newestEventTime ?? Self.noEventTime, ordering: .relaxed)
  }

  /// Leaves the lag.
  func setLag(_ lag: [PartitionLag]?) {
    monitor.update { $0.lag = lag }
  }

  /// Waits until a report satisfies a condition; nil once the time has passed.
  func wait(milliseconds: Int?, until condition: (LearningReport) -> Bool) -> LearningReport? {
    monitor.wait(milliseconds: milliseconds) { report in condition(report) ? report : nil }
  }
}
