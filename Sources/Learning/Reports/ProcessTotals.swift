/// Counts of what was learned: of the model's line of descent, or of this process.
public struct LearnedCounts: Equatable, Sendable {
  /// Events learned.
  public var events: UInt64 = 0
  /// Records learned, waiting or rejected.
  public var records: UInt64 = 0
  /// Records rejected, by reason.
  public var rejected = RejectionTally()
  /// Features that made room for new ones.
  public var evicted: UInt64 = 0
  /// New features for which there was no room.
  public var dropped: UInt64 = 0
  /// Events learned before their labels' time, since there was no room.
  public var early: UInt64 = 0
  /// Events learned at once, since they do not say when their label is known.
  public var undated: UInt64 = 0
  /// Negatives drawn.
  public var negatives: UInt64 = 0
  /// Negatives that could not be drawn.
  public var missedNegatives: UInt64 = 0

  /// Adds what grew between two counts; what a count fell by is nothing.
  mutating func add(from before: LearnedCounts, to now: LearnedCounts) {
    func grown(_ count: KeyPath<LearnedCounts, UInt64>) -> UInt64 {
      now[keyPath: count] > before[keyPath: count] ? now[keyPath: count] - before[keyPath: count] : 0
    }
    events &+= grown(\.events)
    records &+= grown(\.records)
    evicted &+= grown(\.evicted)
    dropped &+= grown(\.dropped)
    early &+= grown(\.early)
    undated &+= grown(\.undated)
    negatives &+= grown(\.negatives)
    missedNegatives &+= grown(\.missedNegatives)
    for reason in RejectedFor.allCases { rejected[reason] &+= grown(\.rejected[reason]) }
  }
}

/// What this process counted. It starts at 0 and only grows, as monitoring expects of a counter: a rollback takes the
/// model's counts back, which would be read as a restart and counted once more.
struct ProcessTotals {
  /// The model's counts when they were last looked at.
  private var seen: LearnedCounts

  /// What was counted since the start of the process.
  private(set) var counts = LearnedCounts()

  init(from start: LearnedCounts) {
    seen = start
  }

  /// Counts what the model has learned since the last look.
  mutating func follow(_ now: LearnedCounts) {
    counts.add(from: seen, to: now)
    seen = now
  }

  /// Goes on from the counts of another model.
  mutating func goOn(from other: LearnedCounts) {
    seen = other
  }
}

extension Learner {
  /// The counts of the model's line of descent.
  var lineCounts: LearnedCounts {
    var counts = LearnedCounts()
    counts.events = model.eventsLearned
    counts.records = state.position?.recordsLearned ?? 0
    counts.rejected = state.rejected
    let table = model.table.counters
    counts.evicted = table.evicted
    counts.dropped = table.dropped
    counts.early = state.waiting.early
    counts.undated = state.waiting.undated
    counts.negatives = state.sampler?.sampled ?? 0
    counts.missedNegatives = state.sampler?.missed ?? 0
    return counts
  }
}
