import Kafka
import Threads

/// What operators are told of the delivery of dead letters.
struct DeadLetterNotices {
  private let job: DeadLetterSender.Job
  private var told: (failure: String?, isDropping: Bool) = (nil, false)

  init(_ job: DeadLetterSender.Job) {
    self.job = job
  }

  /// Whether it was told that they cannot be delivered, and not yet that they are again.
  var isFailing: Bool { told.failure != nil }

  /// What keeps them from being delivered, and what to do.
  func explanation(of error: KafkaError) -> String {
    switch error.code {
    case .unknownTopicOrPartition:
      "there is no topic \(job.topic) for dead letters: \(error). Create it, or correct source.kafka.dead_letter_topic"
    case .authorization:
      "Kafka does not let this user write to \(job.topic): \(error). Grant it Write and Describe"
    case .transport, .allBrokersDown, .resolve, .timedOut:
      "no broker acknowledges dead letters to \(job.topic): \(error). Check bootstrap.servers and the network"
    default: "dead letters cannot be sent to \(job.topic): \(error)"
    }
  }

  /// Tells, once, what began to be wrong and what ceased to be.
  mutating func tellChanges() {
    let (failure, isDropping, waiting) = job.state.read { ($0.failure, $0.isDropping, $0.waiting.entries) }
    if let failure, told.failure == nil {
      job.reports.notice(.error, "\(failure). \(waiting) wait in \(job.directory) and are sent again")
    } else if failure == nil, told.failure != nil {
      job.reports.notice(.info, "dead letters are delivered to \(job.topic) again")
    }
    let changed = (failure == nil) != (told.failure == nil) || isDropping != told.isDropping
    told = (failure, isDropping)
    if changed { job.problemsChanged() }
  }

  /// Tells that no broker takes an entry for what it is.
  func tellDropped(_ key: String, _ error: KafkaError) {
    job.reports.notice(
      .error,
      "the dead letter \(key) is larger than topic \(job.topic) takes, and dropped: \(error). It is in the quarantine "
        + "file")
  }

  /// Tells that entries cannot be read.
  func tellLost(_ entries: UInt64, in path: String, from offset: UInt64) {
    job.reports.notice(
      .error,
      "\(entries) dead letters in \(path) are damaged from byte \(offset) on, and lost; their records are in the "
        + "quarantine file")
  }
}
