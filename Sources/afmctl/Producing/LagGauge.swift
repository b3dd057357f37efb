import Kafka
import ScoringAPI

/// How far a daemon's model is behind a topic: the topic's end, as the broker says, less the daemon's positions.
///
/// The daemon's own figure may be as old as its last fetch; a producer that is paced by lag needs the one of this moment.
final class LagGauge {
  private let session: Session
  private let topic: String
  private let broker: KafkaConsumer
  private let partitions: [Int32]
  private var toldState: LearningMode = .running

  /// - Parameter broker: used for questions only.
  init(_ session: Session, topic: String, broker: KafkaConsumer) throws(Failure) {
    self.session = session
    self.topic = topic
    self.broker = broker
    do {
      partitions = try broker.partitions(of: topic, timeoutMilliseconds: 10_000)
    } catch {
      throw Failure(
        error.isRetriable ? .unavailable : .badData,
        "--max-lag needs a topic that exists, and '\(topic)' cannot be looked up: \(error)")
    }
    let source = try status().source
    guard source.kind == "kafka", source.identity.isEmpty || source.identity.hasSuffix("/" + topic) else {
      throw Failure(
        .badData, "--max-lag waits for the daemon, which reads \(source.kind) \(source.identity), not topic \(topic)")
    }
  }

  /// Records in the topic that the model has not learned; a gap left by compaction counts.
  func behind() throws(Failure) -> Int64 {
    let report = try status()
    tell(report.learning)
    var behind: Int64 = 0
    for partition in partitions {
      let watermarks = try watermarks(of: partition)
      let position = report.source.partitions.first { $0.partition == partition }?.nextOffset
      // A partition the daemon has not begun with is read from its beginning.
      behind += max(0, watermarks.high - max(position ?? watermarks.low, watermarks.low))
    }
    return behind
  }

  private func status() throws(Failure) -> StatusReport {
    try session.decode(StatusReport.self, try session.daemon.ask(.status))
  }

  private func watermarks(of partition: Int32) throws(Failure) -> KafkaWatermarks {
    do {
      return try broker.watermarks(topic: topic, partition: partition, timeoutMilliseconds: 10_000)
    } catch {
      throw Failure(.unavailable, "the end of partition \(partition) of '\(topic)' cannot be asked for: \(error)")
    }
  }

  /// Waiting for a daemon that does not learn may take for ever, so it is said.
  private func tell(_ status: LearningStatus) {
    if status.state != toldState, status.state != .running {
      printError("afmctl: waiting for the daemon, whose learning is \(StatusText.learning(status))\n")
    }
    toldState = status.state
  }
}
