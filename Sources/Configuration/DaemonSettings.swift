import AttentionalFM
import FeatureEncoding
import Observability

/// Everything that the settings file decides; `Config/afmd.yaml` says what each value means.
public struct DaemonSettings: Equatable, Sendable {
  /// The model's name: in paths, metric labels and requests.
  public var modelName: String
  /// Where snapshots, lineage, journal and quarantine live.
  public var stateDirectory: String
  /// Where events come from.
  public var source: SourceSettings
  /// How an event becomes features.
  public var schema: Schema
  /// The form of the model and how it learns, with the layout of `schema`.
  public var model: ModelConfiguration
  /// How long events wait for their labels.
  public var lateLabels: LateLabelSettings
  /// How negatives are drawn for positive events; nil where none are.
  public var negativeSampling: ImplicitFeedbackSettings?
  /// Progressive validation.
  public var progressiveValidation: ProgressiveValidationSettings
  /// When snapshots are taken and how many are kept.
  public var snapshots: SnapshotSettings
  /// The sockets.
  public var sockets: SocketsSettings
  /// Threads and the queue between them.
  public var threads: ThreadSettings
  /// What is kept of records that could not be used.
  public var quarantine: QuarantineSettings
  /// What waits to be sent to the dead-letter topic.
  public var deadLetters: DeadLetterSettings
  /// The log.
  public var log: LogSettings
  /// Every setting as it holds, in the order of the file, without secrets.
  public var effective: [EffectiveSetting]

  /// One line a setting, `path: value`, with a mark on those that the file does not name; secrets are left out.
  public func describe() -> String {
    effective.map { "\($0.path): \($0.value)\($0.isWritten ? "" : "  # default")\n" }.joined()
  }
}

/// A setting as it holds.
public struct EffectiveSetting: Equatable, Sendable {
  /// The keys that lead to it: `learning.rates.bias`.
  public var path: String
  /// Its value as text; `null` where there is none.
  public var value: String
  /// Whether the file names it.
  public var isWritten: Bool
}

/// When snapshots are taken and what is kept.
public struct SnapshotSettings: Equatable, Sendable {
  /// What is kept of the order journal.
  public enum Journal: String, CaseIterable, Sendable {
    /// From the oldest retained snapshot on.
    case retained
    /// From the first record on.
    case whole
  }

  /// How long after the last one, if something was learned since; nil never.
  public var every: Duration?
  /// At every multiple of so many events; nil never.
  public var everyEvents: UInt64?
  /// Whether a snapshot may hold no more than what changed since the one before.
  public var incremental: Bool
  /// The share of the last full one's bytes that those which follow it may take together.
  public var fullAfterShare: Double
  /// How many may follow a full one.
  public var fullAfterCount: Int
  /// How many are kept beside pinned ones; at least 1.
  public var keep: Int
  /// What is kept of the order journal.
  public var journal: Journal
  /// How many bytes the order journal may have, unless it is kept whole.
  public var journalSize: Int
  /// Whether one is taken on a clean shutdown.
  public var onShutdown: Bool

  /// How many bytes the order journal may have; nil for any number.
  public var journalLimit: Int? { journal == .whole ? nil : journalSize }
}

/// Threads and the queue between them.
public struct ThreadSettings: Equatable, Sendable {
  /// The nice value of the learner, 0 to 19.
  public var learnerNice: Int32
  /// The nice value of the ingest thread, 0 to 19.
  public var ingestNice: Int32
  /// The most records in one batch.
  public var batchRecords: Int
  /// How many batches wait between ingest thread and learner.
  public var queueBatches: Int
}

/// What is kept of records that could not be used.
public struct QuarantineSettings: Equatable, Sendable {
  /// How long the file may get, in bytes; 0 keeps nothing.
  public var maximumBytes: Int
}

/// What waits to be sent to the dead-letter topic.
public struct DeadLetterSettings: Equatable, Sendable {
  /// How many bytes may wait on the disk; beyond them the oldest are dropped.
  public var spillBytes: Int
}

/// The log.
public struct LogSettings: Equatable, Sendable {
  /// Lines below it are dropped.
  public var level: LogLevel
  /// How a line begins.
  public var format: LogFormat
}
