/// The answer of `GET /v1/status`.
public struct StatusReport: Codable, Equatable, Sendable {
  /// The model's name.
  public var model: String
  /// The daemon's version.
  public var version: String
  /// The daemon's process.
  public var process: Int32
  /// Seconds since the daemon started.
  public var uptimeSeconds: Double
  /// The kernel in use, such as `x86-64-v3`.
  public var kernel: String
  /// Whether the arithmetic is `fused` or `unfused`.
  public var arithmetic: String
  /// Whether the daemon learns.
  public var learning: LearningStatus
  /// Everything that is wrong at the moment; empty where nothing is.
  public var problems: [StandingProblemReport]
  /// Events learned by the served model.
  public var eventsLearned: UInt64
  /// The snapshot the served model descends from; absent before the first.
  public var lineage: UInt64?
  /// Event time of the newest event learned, milliseconds since 1970; absent where events carry none.
  public var eventTime: Int64?
  /// The clock less `eventTime`, seconds; absent where events carry no time.
  public var stalenessSeconds: Double?
  /// The events that wait for their labels; absent where labels are known at once.
  public var waiting: WaitingEventsReport?
  /// The calibration of scores; absent where none is configured.
  public var calibration: CalibrationReport?
  /// The negatives that are drawn for positive events; absent where none are.
  public var sampling: SampledNegativesReport?
  /// Progressive validation: each event predicted before it was learned.
  public var progressive: ProgressiveReport
  /// The source and where reading stands.
  public var source: SourceReport
  /// Records counted by what became of them.
  public var records: RecordCounts
  /// The embedding table.
  public var table: TableReport
  /// The queue between ingest and learner.
  public var queue: QueueReport
  /// Snapshots in short.
  public var snapshots: SnapshotReport
  /// Resident memory of the process, bytes.
  public var residentBytes: UInt64

  /// Makes a report; figures that are not finite are left out.
  public init(
    model: String, version: String, process: Int32, uptimeSeconds: Double, kernel: String, arithmetic: String,
    learning: LearningStatus, problems: [StandingProblemReport] = [], eventsLearned: UInt64, lineage: UInt64?,
    eventTime: Int64?, stalenessSeconds: Double?,
    waiting: WaitingEventsReport? = nil, calibration: CalibrationReport? = nil,
    sampling: SampledNegativesReport? = nil, progressive: ProgressiveReport, source: SourceReport,
    records: RecordCounts, table: TableReport,
    queue: QueueReport, snapshots: SnapshotReport, residentBytes: UInt64
  ) {
    self.model = model
    self.version = version
    self.process = process
    self.uptimeSeconds = uptimeSeconds
    self.kernel = kernel
    self.arithmetic = arithmetic
    self.learning = learning
    self.problems = problems
    self.eventsLearned = eventsLearned
    self.lineage = lineage
    self.eventTime = eventTime
    self.stalenessSeconds = finite(stalenessSeconds)
    self.waiting = waiting
    self.calibration = calibration
    self.sampling = sampling
    self.progressive = progressive
    self.source = source
    self.records = records
    self.table = table
    self.queue = queue
    self.snapshots = snapshots
    self.residentBytes = residentBytes
  }
}

/// Something that is wrong and keeps being told until its opposite has been seen.
public struct StandingProblemReport: Codable, Equatable, Sendable {
  /// The sort of problem, as the label of the metric `afm_problem` has it.
  public var code: String
  /// What is wrong, where, and what to do.
  public var message: String

  /// Makes a report.
  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}

/// The source and where reading stands in it.
public struct SourceReport: Codable, Equatable, Sendable {
  /// `kafka`, `file` or `stdin`.
  public var kind: String
  /// What is read: cluster and topic, or a file.
  public var identity: String
  /// Records that the source has and the model has not learned; absent where that cannot be known.
  public var lag: Int64?
  /// How long ago the last record learned was written, by its timestamp, of the partition for which that is longest; 0
  /// where nothing is behind, absent where that cannot be known.
  public var lagSeconds: Double?
  /// What is wrong with the source at the moment; absent where nothing is.
  public var problem: String?
  /// Each partition's position.
  public var partitions: [PartitionReport]

  /// Makes a report.
  public init(
    kind: String, identity: String, lag: Int64?, lagSeconds: Double? = nil, problem: String?,
    partitions: [PartitionReport]
  ) {
    self.kind = kind
    self.identity = identity
    self.lag = lag
    self.lagSeconds = finite(lagSeconds)
    self.problem = problem
    self.partitions = partitions
  }
}

/// Where reading stands in one partition.
public struct PartitionReport: Codable, Equatable, Sendable {
  /// The partition; 0 for files and standard input.
  public var partition: Int32
  /// The offset of the next record to learn.
  public var nextOffset: Int64
  /// Records of this partition that were learned.
  public var recordsLearned: UInt64
  /// Records behind the end; absent where that cannot be known.
  public var lag: Int64?
  /// How long ago the last record learned was written, by its timestamp; 0 where nothing is behind, absent where that
  /// cannot be known.
  public var lagSeconds: Double?

  /// Makes a report.
  public init(
    partition: Int32, nextOffset: Int64, recordsLearned: UInt64, lag: Int64?, lagSeconds: Double? = nil
  ) {
    self.partition = partition
    self.nextOffset = nextOffset
    self.recordsLearned = recordsLearned
    self.lag = lag
    self.lagSeconds = finite(lagSeconds)
  }
}

/// Records counted by what became of them.
public struct RecordCounts: Codable, Equatable, Sendable {
  /// Records taken from the source: learned, waiting and rejected ones.
  public var read: UInt64
  /// Records learned.
  public var learned: UInt64
  /// Records rejected, all reasons together.
  public var rejected: UInt64
  /// Records rejected, by reason (`bad_json`, `no_label`, ...); reasons that never occurred are left out.
  public var rejectedByReason: [String: UInt64]
  /// Bytes in the quarantine file.
  public var quarantineBytes: UInt64

  /// Makes counts.
  public init(
    read: UInt64, learned: UInt64, rejected: UInt64, rejectedByReason: [String: UInt64], quarantineBytes: UInt64
  ) {
    self.read = read
    self.learned = learned
    self.rejected = rejected
    self.rejectedByReason = rejectedByReason
    self.quarantineBytes = quarantineBytes
  }
}

/// The embedding table.
public struct TableReport: Codable, Equatable, Sendable {
  /// Slots in all.
  public var slots: UInt64
  /// Slots with a feature.
  public var claimed: UInt64
  /// Features that had to make room for new ones.
  public var evicted: UInt64
  /// New features that found no room.
  public var dropped: UInt64

  /// Makes a report.
  public init(slots: UInt64, claimed: UInt64, evicted: UInt64, dropped: UInt64) {
    self.slots = slots
    self.claimed = claimed
    self.evicted = evicted
    self.dropped = dropped
  }
}

/// The bounded queue between ingest and learner.
public struct QueueReport: Codable, Equatable, Sendable {
  /// Batches waiting.
  public var batches: UInt64
  /// Batches it holds at most.
  public var capacity: UInt64

  /// Makes a report.
  public init(batches: UInt64, capacity: UInt64) {
    self.batches = batches
    self.capacity = capacity
  }
}

/// Snapshots in short.
public struct SnapshotReport: Codable, Equatable, Sendable {
  /// The newest snapshot of this line; absent before the first.
  public var newest: UInt64?
  /// When it was written, RFC 3339 in UTC.
  public var created: String?
  /// Bytes of the files that hold it, those of the snapshots it builds on among them: what a start reads.
  public var bytes: UInt64?
  /// How many files hold it: 1 where it is full, more where it builds on others.
  public var files: UInt64?
  /// Whether one is being written now.
  public var running: Bool
  /// Why the last attempt failed; absent where it did not.
  public var problem: String?
  /// Bytes of the order journal; absent where none is kept.
  public var journalBytes: UInt64?

  /// Makes a report.
  public init(
    newest: UInt64?, created: String?, bytes: UInt64? = nil, files: UInt64? = nil, running: Bool, problem: String?,
    journalBytes: UInt64? = nil
  ) {
    self.journalBytes = journalBytes
    self.newest = newest
    self.created = created
    self.bytes = bytes
    self.files = files
    self.running = running
    self.problem = problem
  }
}
