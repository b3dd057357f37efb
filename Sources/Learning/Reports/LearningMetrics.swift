import AttentionalFM
import EventSources
import Observability
import ProgressiveValidation

/// The figures of learning, read from the status board when the metrics are asked for.
enum LearningMetrics {
  static func register(in metrics: Metrics, board: StatusBoard, channel: IngestChannel, loss: Loss) {
    registerCounts(metrics, board)
    registerLag(metrics, board)
    registerWaiting(metrics, board)
    registerCalibration(metrics, board)
    registerSampling(metrics, board)
    registerProgressive(metrics, board)
    registerSlices(metrics, board, loss)
    registerSnapshots(metrics, board)
    metrics.gauge("afm_queue_batches", "Decoded batches that wait for the learner.") {
      Double(channel.waitingBatches)
    }
    metrics.gauge("afm_queue_capacity_batches", "Decoded batches that there are.") { Double(channel.capacity) }
    metrics.gauge("afm_learning_running", "1 while events are learned, 0 while learning is paused or stopped.") {
      board.report.condition == .running ? 1 : 0
    }
    metrics.gauge("afm_source_failing", "1 while something is wrong with the source.") {
      board.report.sourceProblem == nil ? 0 : 1
    }
    for code in StandingProblem.Code.allCases {
      metrics.gauge(
        "afm_problem", "1 while something of this kind is wrong, as status tells.", ["code": code.rawValue]
      ) {
        board.report.problems.contains { $0.code == code } ? 1 : 0
      }
    }
    metrics.gauge("afm_event_staleness_seconds", "The clock less the event time of the newest event learned.") {
      board.report.newestEventTime.map { Double(wallClockMilliseconds() &- $0) / 1000 }
    }
  }

  private static func registerCounts(_ metrics: Metrics, _ board: StatusBoard) {
    metrics.counter("afm_events_learned_total", "Events learned by this process.") { board.report.process.events }
    metrics.counter("afm_records_total", "Records learned, waiting or rejected by this process.") {
      board.report.process.records
    }
    for reason in RejectedFor.allCases {
      metrics.counter(
        "afm_records_rejected_total", "Records rejected by this process, by reason.", ["reason": reason.name]
      ) {
        board.report.process.rejected[reason]
      }
    }
    metrics.gauge("afm_model_events", "Events learned in the model's line of descent: a rollback takes them back.") {
      Double(board.report.eventsLearned)
    }
    metrics.gauge("afm_model_records", "Records learned, waiting or rejected in the model's line of descent.") {
      Double(board.report.recordsRead)
    }
    metrics.gauge("afm_quarantine_bytes", "The length of the quarantine file.") {
      Double(board.report.quarantineBytes)
    }
    metrics.gauge("afm_journal_bytes", "The length of the order journal.") {
      board.report.journalBytes.map { Double($0) }
    }
    metrics.gauge("afm_table_slots", "Slots of the embedding table.") { Double(board.report.table.slots) }
    metrics.gauge("afm_table_claimed_slots", "Slots of the embedding table that hold a feature.") {
      Double(board.report.table.claimed)
    }
    metrics.counter("afm_table_evicted_total", "Features that made room for new ones.") {
      board.report.process.evicted
    }
    metrics.counter("afm_table_dropped_total", "New features for which there was no room.") {
      board.report.process.dropped
    }
  }

  private static func registerCalibration(_ metrics: Metrics, _ board: StatusBoard) {
    metrics.gauge("afm_calibration_scale", "Platt's scale of the raw score.") { board.report.calibration?.scale }
    metrics.gauge("afm_calibration_shift", "Platt's shift of the raw score.") { board.report.calibration?.shift }
  }

  private static func registerSnapshots(_ metrics: Metrics, _ board: StatusBoard) {
    metrics.counter("afm_snapshots_written_total", "Snapshots written by this process.") {
      board.report.snapshots.written
    }
    metrics.counter("afm_snapshots_failed_total", "Snapshots that could not be written.") {
      board.report.snapshots.failed
    }
    metrics.counter("afm_snapshots_damaged_total", "Snapshots that this process found damaged or unreadable.") {
      board.report.snapshots.damaged
    }
    metrics.counter("afm_snapshots_skipped_total", "Snapshots left out, since another one was still being written.") {
      board.report.snapshots.skipped
    }
    metrics.gauge("afm_snapshot_duration_seconds", "How long the last snapshot took until it was durable.") {
      board.report.snapshots.lastSeconds
    }
    metrics.gauge("afm_snapshot_capture_seconds", "The longest pause of learning for the last snapshot.") {
      board.report.snapshots.lastCaptureSeconds
    }
    metrics.counterOfSeconds(
      "afm_snapshot_backpressure_seconds_total", "How long learning waited in all for snapshots to be written."
    ) {
      Double(board.report.snapshots.waitedNanoseconds) / 1e9
    }
    metrics.gauge("afm_snapshot_bytes", "What was written for the last snapshot.") {
      board.report.snapshots.lastBytes.map { Double($0) }
    }
    metrics.gauge("afm_snapshot_rows", "Rows of the embedding table that were written for the last snapshot.") {
      board.report.snapshots.lastRows.map { Double($0) }
    }
    metrics.gauge("afm_snapshot_files", "Files that hold the last snapshot: 1 where it is full, more in a chain.") {
      board.report.snapshots.lastFiles.map { Double($0) }
    }
    metrics.gauge("afm_snapshot_age_seconds", "The age of the last snapshot written by this process.") {
      board.report.snapshots.ageSeconds
    }
  }
}
