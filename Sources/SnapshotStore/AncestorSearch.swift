import EventSources

/// The way from a snapshot that cannot be started from to its nearest ancestor that can.
struct AncestorSearch {
  /// The snapshot that is current.
  let start: UInt64

  /// The next one to try; nil where there is none.
  private(set) var next: UInt64?

  /// Those that cannot be read, nearest first, and why.
  private(set) var damaged: [(id: UInt64, problem: SnapshotProblem)] = []

  /// Those that are not there.
  private(set) var missing: [UInt64] = []

  /// What was wrong, in the order of the way.
  private(set) var details: [String] = []

  /// The offsets that rollbacks with `keep` left behind on the way.
  private(set) var skips: [SkippedRange] = []

  /// The events that the current snapshot had learned; nil where nothing says so.
  private(set) var eventsOfStart: UInt64?

  private var visited: Set<UInt64> = []
  private var isRewound = false
  /// Whether any on the way had learned something, as far as is known: what is not known may have.
  private var hasLearned = false

  init(_ start: UInt64) {
    self.start = start
    next = start
  }

  /// Notes one that is there and cannot be read.
  mutating func pass(damaged id: UInt64, _ problem: SnapshotProblem) {
    damaged.append((id, problem))
    details.append(problem.message)
  }

  /// Notes one that is not there.
  mutating func pass(missing id: UInt64, in directory: String) {
    missing.append(id)
    details.append("snapshot \(id) is not in \(directory)")
  }

  /// Goes on to the parent of one that was passed, by its manifest where that can be read, else by the lineage.
  mutating func goOn(from id: UInt64, _ manifest: Manifest?, _ lineage: Lineage) {
    let rollback = manifest?.rollback ?? lineage.rollbacks[id]
    // Each stands beside the position of this one; the search ends beside another.
    var beside = (rollback?.skipped ?? []) + (manifest?.skips ?? [])
    if !isRewound { beside += lineage.inheritedSkips[id] ?? [] }
    skips += SkippedRanges.moved(beside, from: manifest?.position, to: nil)
    // An operator who rewound to the parent wanted everything after it learned again.
    isRewound = rollback?.mode == .rewind
    let events = manifest?.eventsLearned ?? lineage.snapshots[id]?.eventsLearned
    if id == start { eventsOfStart = events }
    hasLearned = hasLearned || events != 0
    visited.insert(id)
    next = manifest.map(\.parent) ?? lineage.snapshots[id]?.parent
    if let parent = next, visited.contains(parent) { next = nil }
  }

  /// Takes in what stays skipped after a snapshot that was taken instead of another before.
  mutating func skip(inherited: [SkippedRange]?) {
    if !isRewound { skips += inherited ?? [] }
  }

  /// Whether an ancestor has learned nothing while others had: to take it is to lose all that was learned.
  func wouldBeginAnew(with manifest: Manifest) -> Bool {
    manifest.id != start && manifest.eventsLearned == 0 && hasLearned
  }
}
