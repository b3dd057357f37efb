import EventSources
import Observability

/// How far learning is behind its source. A line is left out where nobody says how far the source reaches.
extension LearningMetrics {
  static func registerLag(_ metrics: Metrics, _ board: StatusBoard) {
    metrics.gauge("afm_source_lag", "Records (bytes for a file) that the source has and that are not learned yet.") {
      board.report.lag.map { Double($0) }
    }
    metrics.gauge(
      "afm_source_lag_seconds", "How long ago the last record learned was written; 0 where nothing is behind."
    ) {
      board.report.lagSeconds(now: wallClockMilliseconds())
    }
    metrics.gauges("afm_source_partition_lag", "Records that a partition has and that are not learned yet.") {
      byPartition(board.report) { report, partition in report.lag(of: partition).map { Double($0) } }
    }
    metrics.gauges(
      "afm_source_partition_lag_seconds",
      "How long ago the last record learned of a partition was written; 0 where nothing of it is behind."
    ) {
      let now = wallClockMilliseconds()
      return byPartition(board.report) { report, partition in report.lagSeconds(of: partition, now: now) }
    }
  }

  private static func byPartition(
    _ report: LearningReport, _ number: (LearningReport, PartitionPosition) -> Double?
  ) -> [Metrics.LabeledNumber] {
    guard let position = report.position, position.kind == .kafka else { return [] }
    return position.partitions.compactMap { partition in
      number(report, partition).map { Metrics.LabeledNumber(["partition": "\(partition.partition)"], $0) }
    }
  }
}
