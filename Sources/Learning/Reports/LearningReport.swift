import AttentionalFM
import EventSources
import NegativeSampling
import ProgressiveValidation

/// How learning stands: a copy that the learner leaves between two batches, for any thread to read.
public struct LearningReport: Sendable {
  /// Whether learning runs, and why not.
  public var condition = LearningCondition.running

  /// Events learned by the model: its event number.
  public var eventsLearned: UInt64 = 0

  /// The events that wait for their labels; nil where none does, nor may have to.
  public var waiting: WaitingReport?

  /// The clock of the stream, by which events wait and the model forgets: the greatest event time seen, in milliseconds
  /// since 1970; nil before the first, and where nothing goes by it.
  public var streamTime: Int64?

  /// The calibration of scores; nil where none is configured.
  public var calibration: CalibrationSummary?

  /// What negatives are drawn from; nil where none are sampled.
  public var sampling: SamplingReport?

  /// What this process counted: it starts at 0 and only grows, whatever a rollback takes back.
  public var process = LearnedCounts()

  /// Where reading stands in the source; nil before the source was started for the first time.
  public var position: SourcePosition?

  /// Records rejected, by reason.
  public var rejected = RejectionTally()

  /// The length of the quarantine file in bytes.
  public var quarantineBytes: UInt64 = 0

  /// The length of the order journal in bytes; nil where none is kept.
  public var journalBytes: UInt64?

  /// Progressive validation over the whole run.
  public var run: ProgressiveSummary?

  /// Progressive validation over the last window that ended.
  public var lastWindow: ProgressiveSummary?

  /// Progressive validation by the values of a few fields.
  public var slices = Slices(fields: [], valueLimit: 1)

  /// The event time of the newest event learned by this process, in milliseconds since 1970.
  public var newestEventTime: Int64?

  /// The embedding table.
  public var table = TableUse()

  /// The snapshot that the model descends from.
  public var currentSnapshot: UInt64?

  /// How snapshots are going.
  public var snapshots = SnapshotProgress()

  /// Everything that is wrong at the moment.
  public var problems: [StandingProblem] = []

  /// What is wrong with the source at the moment.
  public var sourceProblem: SourceProblem?

  /// Whether everything that the source has was learned.
  public var isCaughtUp = false

  /// Whether the source has come to its end.
  public var isAtEnd = false

  /// Records that are still to be learned again in the order of the journal.
  public var recordsToReplay: UInt64 = 0

  /// What was seen of the source beside the reading of it; nil where nobody looked yet, or looking tells nothing.
  public private(set) var seen: SourceSeen?

  /// Records learned, waiting or rejected in this line of descent.
  public var recordsRead: UInt64 { position?.recordsLearned ?? 0 }

  /// Adds what was seen of the source: where it does not answer, that is a problem whatever reading says.
  mutating func add(_ seen: SourceSeen) {
    self.seen = seen
    guard let problem = seen.sight.problem else { return }
    if let told = sourceProblem {
      // Of brokers that do not answer the watch knows the newest, and which of them.
      guard told.kind == .unreachable else { return }
      problems.removeAll { $0.code == .source && $0.message == told.message }
    }
    sourceProblem = problem
    problems.append(StandingProblem(.source, problem.message))
  }
}

/// The events that wait for their labels.
public struct WaitingReport: Equatable, Sendable {
  /// How many wait.
  public var events: UInt64
  /// How many may, with 16 features each.
  public var capacity: UInt64
  /// Events learned early, since there was no room.
  public var early: UInt64
  /// Events learned at once, since they do not say when their label is known.
  public var undated: UInt64
  /// The clock of the stream, the greatest event time seen, in milliseconds since 1970; nil before the first.
  public var watermark: Int64?
  /// When the next label is known by that clock, in milliseconds since 1970; nil where none is waited for.
  public var nextLabelTime: Int64?
}

/// What negatives are drawn from.
public struct SamplingReport: Equatable, Sendable {
  /// Negatives drawn.
  public var negatives: UInt64
  /// Negatives that could not be drawn, since too few other values were known.
  public var missed: UInt64
  /// The distinct values to draw from.
  public var values: UInt64
  /// How many there may be.
  public var capacity: UInt64
  /// The users whose values are remembered.
  public var users: UInt64
}

extension Learner {
  /// What others are told of the negatives; nil where none are sampled.
  var samplingReport: SamplingReport? {
    state.sampler.map { sampler in
      SamplingReport(
        negatives: sampler.sampled, missed: sampler.missed, values: UInt64(clamping: sampler.values),
        capacity: UInt64(clamping: sampler.settings.reservoir), users: UInt64(clamping: sampler.users))
    }
  }
}

extension WaitingEvents {
  /// What others are told; nil where no event waits, nor may have to.
  var report: WaitingReport? {
    guard isInUse else { return nil }
    return WaitingReport(
      events: UInt64(clamping: count), capacity: UInt64(clamping: capacity), early: early, undated: undated,
      watermark: watermark, nextLabelTime: nextLabelTime)
  }
}

/// What calibration has learned, for operators.
public struct CalibrationSummary: Equatable, Sendable {
  /// The form.
  public var kind: CalibrationSettings.Kind
  /// Events it was learned from.
  public var events: UInt64
  /// Platt's scale of the raw score; nil for another form.
  public var scale: Double?
  /// Platt's shift of the raw score; nil for another form.
  public var shift: Double?
}

extension Calibrator {
  /// What others are told.
  var report: CalibrationSummary {
    let numbers = scaleAndShift
    return CalibrationSummary(kind: settings.kind, events: events, scale: numbers?.scale, shift: numbers?.shift)
  }
}

/// How full the embedding table is.
public struct TableUse: Equatable, Sendable {
  /// Slots in all.
  public var slots: UInt64 = 0
  /// Slots that hold a feature.
  public var claimed: UInt64 = 0
  /// Features that made room for new ones.
  public var evicted: UInt64 = 0
  /// New features for which there was no room.
  public var dropped: UInt64 = 0
}

/// How snapshots are going.
public struct SnapshotProgress: Equatable, Sendable {
  /// Whether one is being taken or written.
  public var isRunning = false
  /// How many were written by this process.
  public var written: UInt64 = 0
  /// How many attempts failed.
  public var failed: UInt64 = 0
  /// How many snapshots this process found damaged or unreadable.
  public var damaged: UInt64 = 0
  /// How many fell due while another one was still being written, and were left out.
  public var skipped: UInt64 = 0
  /// Why the last attempt failed; nil once one succeeds.
  public var problem: String?
  /// How long the last one took from its capture until it was durable, in seconds.
  public var lastSeconds: Double?
  /// The longest time for which the last one held learning up at once, in seconds.
  public var lastCaptureSeconds: Double?
  /// The longest time that 16 events took while the rows of the last one were copied, whatever it was that held them up,
  /// in seconds.
  public var lastLongestTurnSeconds: Double?
  /// How long the learner waited in all since the writer had not taken the rows that were copied before, in nanoseconds.
  public var waitedNanoseconds: UInt64 = 0
  /// The bytes that were written for the last one.
  public var lastBytes: UInt64?
  /// The rows that were written for the last one.
  public var lastRows: UInt64?
  /// How many files hold the last one: 1 where it is full, more where it builds on others.
  public var lastFiles: Int?
  /// When the last one became durable, on the monotonic clock (`MonotonicTime`).
  var lastFinished: UInt64?

  /// The age of the last snapshot written by this process, in seconds.
  public var ageSeconds: Double? {
    lastFinished.map { Double(MonotonicTime.now &- $0) / 1e9 }
  }
}
