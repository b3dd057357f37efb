import EventSources
import Observability

extension LearningMetrics {
  /// The figures of dead letters, where they are sent.
  static func register(deadLetters figures: DeadLetterFigures?, in metrics: Metrics) {
    guard let figures else { return }
    metrics.gauge("afm_dead_letters_waiting", "Dead letters that wait to be delivered.") {
      Double(figures.current.waiting)
    }
    metrics.gauge("afm_dead_letters_waiting_bytes", "The bytes of dead letters that wait to be delivered.") {
      Double(figures.current.waitingBytes)
    }
    metrics.counter("afm_dead_letters_delivered_total", "Dead letters that a broker acknowledged.") {
      figures.current.delivered
    }
    metrics.counter("afm_dead_letters_failed_total", "Attempts to deliver a dead letter that failed.") {
      figures.current.failed
    }
    metrics.counter("afm_dead_letters_dropped_total", "Dead letters dropped before they were delivered.") {
      figures.current.dropped
    }
  }
}
