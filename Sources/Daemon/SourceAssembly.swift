import Configuration
import EventSources
import Learning
import Observability

/// Makes the source that the settings name.
enum SourceAssembly {
  /// A factory that the ingest thread calls.
  static func factory(_ settings: DaemonSettings, log: Log) -> SourceFactory {
    let notify = notices(to: log)
    let limit = settings.schema.limits.maximumRecordBytes
    switch settings.source.place {
    case .kafka(let kafka):
      let source = KafkaSourceSettings(
        topic: kafka.topic, properties: kafka.properties,
        startsAt: policy(kafka.startFrom),
        partitionRefreshMilliseconds: kafka.partitionRefresh.milliseconds,
        commitIntervalMilliseconds: kafka.commitInterval?.milliseconds,
        startTimeoutMilliseconds: kafka.startTimeout.milliseconds)
      return { () throws(SourceProblem) in try KafkaSource(source, notify: notify) }
    case .file(let file):
      let source = FileSourceSettings(
        path: file.path, follows: file.follow, quietMilliseconds: file.quiet.milliseconds, maximumRecordBytes: limit,
        startsAt: policy(file.startFrom))
      return { () throws(SourceProblem) in try FileSource(source, notify: notify) }
    case .standardInput:
      return { () throws(SourceProblem) in StandardInputSource(maximumRecordBytes: limit) }
    }
  }

  /// Puts what a source has to tell into the log.
  static func notices(to log: Log) -> @Sendable (SourceNotice) -> Void {
    { notice in
      switch notice.level {
      case .debug: log.debug("source", ["note": notice.message])
      case .info: log.info("source", ["note": notice.message])
      case .warning: log.warning("source", ["note": notice.message])
      case .error: log.error("source", ["note": notice.message])
      }
    }
  }

  /// A consumer's properties without those that a producer does not know.
  static func producerProperties(_ properties: [String: String]) -> [String: String] {
    properties.filter { !["group.id", "isolation.level"].contains($0.key) }
  }

  /// What becomes of a position that is gone, as sources are told.
  static func policy(_ setting: SourceSettings.MissingPosition) -> MissingPositionPolicy {
    switch setting {
    case .stop: .refuse
    case .earliest: .earliest
    case .latest: .latest
    }
  }

  /// Where reading begins, as sources are told.
  static func policy(_ start: StartPosition) -> MissingPositionPolicy {
    switch start {
    case .earliest: .earliest
    case .latest: .latest
    case .time(let milliseconds): .time(milliseconds: milliseconds)
    case .offsets(let offsets): .offsets(offsets)
    }
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }

  /// Seconds with their fraction.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
