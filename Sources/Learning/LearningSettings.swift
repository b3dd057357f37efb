import EventSources
import SnapshotStore

/// How learning runs; but for `labelDelay` and `waitingEvents`, which decide when an event is learned, and
/// `negativeSampling`, which says what beside it, nothing here changes what is learned from it.
public struct LearningSettings: Equatable, Sendable {
  /// The most records fetched, decoded and learned between two looks at the mailbox.
  public var recordsPerBatch: Int

  /// How many decoded batches there are between the ingest thread and the learner.
  public var queueBatches: Int

  /// Events in a window of progressive validation.
  public var windowSize: Int

  /// The fields whose values progressive validation also judges one by one, at most four.
  public var slices: [String]

  /// How many values of each of these are.
  public var sliceValues: Int

  /// How long after an event its label is known, in milliseconds, where the event does not say when; nil for at once.
  public var labelDelay: Int64?

  /// How many events may wait for their labels.
  public var waitingEvents: Int

  /// How negatives are drawn where only positive events come; nil for none.
  public var negativeSampling: NegativeSamplingSettings?

  /// A snapshot is taken exactly when the number of events learned or waiting is a multiple of this; nil for none.
  ///
  /// One that falls due while another snapshot is still being written is left out.
  public var snapshotEveryEvents: UInt64?

  /// A snapshot is taken when the last one is so many seconds old and something was learned since; nil for none.
  public var snapshotEverySeconds: Double?

  /// When a snapshot holds no more than the rows that changed since the one before.
  public var increments: IncrementPolicy

  /// How many snapshots retention keeps beside pinned ones; nil keeps all.
  public var retainedSnapshots: Int?

  /// Whether the order journal is kept whole, rather than from the oldest retained snapshot on.
  public var keepsWholeJournal: Bool

  /// How long to wait after a snapshot could not be written, in seconds, before the next attempt.
  public var snapshotRetrySeconds: Double

  /// How long to wait before a source that failed is started again, in seconds; doubled with each failure up to 30.
  public var sourceRetrySeconds: Double

  /// Where learning goes on by itself when its position is gone; `refuse` stops it until an operator chooses.
  public var onMissingPosition: MissingPositionPolicy

  /// How long the end of a quiet partition is remembered in memory alone before the order journal is told, in seconds.
  public var unnotedEndsSeconds: Double

  /// The nice value of the learner and of the snapshot writer, 0 to 19.
  public var learnerNice: Int32

  /// The nice value of the ingest thread, 0 to 19.
  public var ingestNice: Int32

  /// Makes settings; counts below 1 become 1.
  public init(
    recordsPerBatch: Int = 512, queueBatches: Int = 8, windowSize: Int = 10_000,
    slices: [String] = [], sliceValues: Int = 50, labelDelay: Int64? = nil, waitingEvents: Int = 1_000_000,
    negativeSampling: NegativeSamplingSettings? = nil, snapshotEveryEvents: UInt64? = nil,
    snapshotEverySeconds: Double? = 300, increments: IncrementPolicy = IncrementPolicy(), retainedSnapshots: Int? = 10,
    keepsWholeJournal: Bool = false,
    snapshotRetrySeconds: Double = 10, sourceRetrySeconds: Double = 1,
    onMissingPosition: MissingPositionPolicy = .refuse, unnotedEndsSeconds: Double = 30, learnerNice: Int32 = 10,
    ingestNice: Int32 = 5
  ) {
    self.recordsPerBatch = max(1, recordsPerBatch)
    self.queueBatches = max(1, queueBatches)
    self.windowSize = max(1, windowSize)
    self.slices = slices
    self.sliceValues = sliceValues
    self.labelDelay = labelDelay
    self.waitingEvents = max(1, waitingEvents)
    self.negativeSampling = negativeSampling
    self.snapshotEveryEvents = snapshotEveryEvents == 0 ? nil : snapshotEveryEvents
    self.snapshotEverySeconds = snapshotEverySeconds
    self.increments = increments
    self.retainedSnapshots = retainedSnapshots
    self.keepsWholeJournal = keepsWholeJournal
    self.snapshotRetrySeconds = snapshotRetrySeconds
    self.sourceRetrySeconds = sourceRetrySeconds
    self.onMissingPosition = onMissingPosition
    self.unnotedEndsSeconds = unnotedEndsSeconds
    self.learnerNice = learnerNice
    self.ingestNice = ingestNice
  }
}
