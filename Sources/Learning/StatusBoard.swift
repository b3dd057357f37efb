import EventSources
import Threads

/// Where the learner and the ingest thread leave what others may want to know, at most some times a second.
final class StatusBoard: Sendable {
  private let monitor = Monitor(LearningReport())

  /// The newest report.
  var report: LearningReport { monitor.read { $0 } }

  /// Leaves a report; the lag, which is the ingest thread's, stays.
  func publish(_ report: LearningReport) {
    monitor.update { current in
      let lag = current.lag
      current = report
      current.lag = lag
    }
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
