import EventSources
import Synchronization
import Threads

/// Where the learner leaves what others may want to know, and the source's watch what it saw, at most some times a
/// second.
final class StatusBoard: Sendable {
  private struct Posted {
    var report = LearningReport()
    var seen: SourceSeen?

    /// What the learner reports and what was seen of its source, as one.
    func whole(_ exact: LearningReport? = nil) -> LearningReport {
      var whole = exact ?? report
      if let seen { whole.add(seen) }
      return whole
    }
  }

  private let monitor = Monitor(Posted())
  private let snapshot = Atomic<UInt64>(StatusBoard.noSnapshot)
  private let eventTime = Atomic<Int64>(StatusBoard.noEventTime)

  // Stand for nil, where a lock would be too much: in front of every score.
  private static let noSnapshot = UInt64.max
  private static let noEventTime = Int64.min

  /// The newest report.
  var report: LearningReport { monitor.read { $0.whole() } }

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

  /// A report that the learner made just now, with what was seen of its source.
  func whole(_ exact: LearningReport) -> LearningReport {
    monitor.read { $0.whole(exact) }
  }

  /// Leaves a report.
  func publish(_ report: LearningReport) {
    monitor.update { $0.report = report }
    snapshot.store(report.currentSnapshot ?? Self.noSnapshot, ordering: .relaxed)
    eventTime.store(report.newestEventTime ?? Self.noEventTime, ordering: .relaxed)
  }

  /// Leaves what was seen of the source.
  func see(_ sight: SourceSight) {
    let now = MonotonicTime.now
    monitor.update { posted in
      posted.seen = SourceSeen(sight, at: now, position: posted.report.position, after: posted.seen)
    }
  }

  /// Waits until a report satisfies a condition; nil once the time has passed.
  func wait(milliseconds: Int?, until condition: (LearningReport) -> Bool) -> LearningReport? {
    monitor.wait(milliseconds: milliseconds) { posted in
      let report = posted.whole()
      return condition(report) ? report : nil
    }
  }
}
