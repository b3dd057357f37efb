import SnapshotStore

/// How snapshots are going, as the learner sees it.
struct SnapshotCourse {
  /// The snapshot that is being written, since when, and who waits for it.
  struct Running {
    var number: UInt64
    var since: UInt64
    /// How long learning paused to fix the state.
    var captureNanoseconds: UInt64
    var sweep: SnapshotSweep
    var completions: [LearningCompletion<Manifest>]
  }

  /// The snapshot that the model descends from.
  var current: UInt64?

  /// What the start found where the snapshot that was current could not be read.
  var damage: SnapshotDamage?

  /// The same until another snapshot is current than the one that was taken instead.
  var standingDamage: SnapshotDamage? { damage.flatMap { $0.taken == current ? $0 : nil } }

  /// The snapshots that this process found damaged or unreadable, or an earlier one did with no snapshot written since:
  /// each counts once, however often it is tried.
  private var damaged: Set<UInt64> = []

  /// Counts snapshots that were found damaged or unreadable.
  mutating func noteDamaged(_ found: [UInt64]) {
    damaged.formUnion(found)
    progress.damaged = UInt64(clamping: damaged.count)
  }

  /// The one that is being written.
  var running: Running?

  /// Its rows, while they are being copied.
  var copying: SnapshotSweep?

  /// How many were begun.
  var begun: UInt64 = 0

  /// Who waits for the next one.
  var waiting: [LearningCompletion<Manifest>] = []

  /// Whether somebody who waits wants all rows.
  var isFullWanted = false

  /// A snapshot that is to be taken as soon as none is running, and why.
  var isOwed: SnapshotReason?

  /// Rollbacks that were asked for; they wait until the snapshot that is being written is durable.
  var rollbacks = RollbackQueue()

  /// Records learned or rejected since the last capture that did not fail.
  var recordsSinceCapture: UInt64 = 0

  /// Whether the position moved since without a record, to the told end of a partition. A snapshot at the shutdown holds
  /// it; none falls due for it, since they would take the place of those that hold what was learned.
  var positionMoved = false

  /// The multiple of `snapshotEveryEvents` that was last seen, so that records rejected there take no second snapshot.
  var lastMultiple: UInt64

  /// When the last capture was, and when to try again after a failure, on the monotonic clock.
  var lastCapture: UInt64
  var retryAt: UInt64?

  /// What others are told.
  var progress = SnapshotProgress()

  /// Where all rows are copied: the sweep is no longer asked after every event, and how long it waited is added, once.
  mutating func noteIfCopied() {
    guard let sweep = copying, sweep.isCopied else { return }
    copying = nil
    progress.waitedNanoseconds &+= sweep.waited
  }

  init(current: UInt64?, eventsSeen: UInt64, startedAt: UInt64) {
    self.current = current
    lastMultiple = eventsSeen
    lastCapture = startedAt
  }
}
