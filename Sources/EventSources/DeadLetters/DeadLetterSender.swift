import Kafka
import Threads

/// The thread that delivers what is in the spill, in its order, with a bounded number under way, and tries again what
/// was not acknowledged.
final class DeadLetterSender: Sendable {
  /// What the thread works with.
  struct Job: Sendable {
    var topic: String
    var properties: [String: String]
    var directory: String
    var state: Monitor<SpillState>
    var reports: KafkaReports
    /// Called when something became a problem, or ceased to be one.
    var problemsChanged: @Sendable () -> Void
  }

  private let thread: DedicatedThread
  private let state: Monitor<SpillState>

  /// Starts the thread, which makes its producer.
  ///
  /// - Throws: `KafkaError` that names the property at fault.
  init(_ job: Job) throws(KafkaError) {
    let made = Monitor<KafkaError??>(nil)
    state = job.state
    thread = DedicatedThread(name: "dead letters", nice: 10) {
      let delivery: DeadLetterDelivery
      do throws(KafkaError) {
        delivery = try DeadLetterDelivery(job)
      } catch {
        return made.update { $0 = .some(error) }
      }
      made.update { $0 = .some(nil) }
      delivery.run()
    }
    if let problem = made.wait(until: { $0 }) ?? nil {
      thread.join()
      throw problem
    }
  }

  /// Delivers on for so long at most, and ends; what is left waits for the next start. To be called once.
  func stop(milliseconds: Int) {
    state.update { $0.deadline = monotonicMilliseconds() + Int64(milliseconds) }
    thread.join()
  }
}
