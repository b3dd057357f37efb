import Kafka
import Threads

/// Takes what librdkafka reports on its own initiative: passes it on as notices, and remembers the latest error that
/// the source has not told yet.
final class KafkaReports: Sendable {
  private let topic: String
  private let notify: @Sendable (SourceNotice) -> Void
  private let untold = Lock<(problem: SourceProblem, at: Int64)?>(nil)

  init(topic: String, notify: @escaping @Sendable (SourceNotice) -> Void) {
    self.topic = topic
    self.notify = notify
  }

  /// The latest error since the last call.
  func takeProblem() -> SourceProblem? { takeReport()?.problem }

  /// The same, with the moment at which it was reported, on the monotonic clock.
  func takeReport() -> (problem: SourceProblem, at: Int64)? {
    untold.withLock { report in
      defer { report = nil }
      return report
    }
  }

  func notice(_ level: SourceNotice.Level, _ message: String) {
    notify(SourceNotice(level, message))
  }

  func receive(_ event: KafkaEvent) {
    switch event {
    case .log(let level, let facility, let message):
      notify(SourceNotice(level <= 3 ? .error : level <= 4 ? .warning : .debug, "librdkafka \(facility): \(message)"))
    case .statistics(let json):
      notify(SourceNotice(.debug, "librdkafka statistics: \(json)"))
    case .error(let error):
      notify(SourceNotice(error.isRetriable ? .warning : .error, "Kafka: \(error)"))
      // Only committed offsets need a coordinator. What keeps the connection from working is told of itself.
      if error.code == .group || error.text.hasPrefix("FindCoordinator") { return }
      // One broker of several that fails is no problem as long as others answer.
      if error.code == .transport || error.code == .timedOut || error.code == .other { return }
      let problem = Self.problem(for: error, topic: topic)
      untold.withLock { $0 = (problem, monotonicMilliseconds()) }
    }
  }

  /// What an error of Kafka means for a source.
  static func problem(for error: KafkaError, topic: String) -> SourceProblem {
    switch error.code {
    case .unknownProperty, .invalidProperty:
      SourceProblem(.configuration, error.description)
    case .authentication:
      SourceProblem(.refused, "Kafka refuses the login: \(error)", isTransient: true)
    case .authorization:
      SourceProblem(
        .refused, "Kafka does not let this user read topic \(topic): \(error). Grant it Read and Describe",
        isTransient: true)
    case .unknownTopicOrPartition:
      SourceProblem(
        .missing, "there is no topic \(topic): \(error). Create it, or correct `source.kafka.topic`", isTransient: true,
        needsRestart: true)
    case .transport, .allBrokersDown, .resolve, .timedOut:
      SourceProblem(
        .unreachable, "no Kafka broker answers: \(error). Check bootstrap.servers and the network; trying on",
        isTransient: true)
    case .corrupt where error.text.contains("receive.message.max.bytes"):
      SourceProblem(
        .unreadable,
        "topic \(topic) holds a batch of records that is larger than `receive.message.max.bytes` allows: \(error). Raise it "
          + "in `source.kafka.properties`, and `fetch.message.max.bytes` with it")
    case .corrupt:
      SourceProblem(
        .damaged,
        "topic \(topic) holds damaged data: \(error). Read it with another client; `check.crcs: false` accepts such records unchecked"
      )
    default:
      SourceProblem(.unreadable, "Kafka: \(error)", isTransient: !error.isFatal)
    }
  }
}
