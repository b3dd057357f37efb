/// How many rows a sweep copies between two groups of events: as many as take a fixed share of the time that learning
/// takes, so that a snapshot slows a model of any size down by the same share, and is done the sooner the cheaper its
/// events are.
///
/// Rows that had to be copied since they changed count too. Where they were more than their share the sweep holds still
/// until that is made up for.
struct SweepPacing {
  /// The share of the learner's time.
  static let share = 0.125

  /// The most rows of one turn: less than a millisecond.
  static let mostRows = 4096

  /// The longest time of a group of events that counts; beyond it something else had the processor.
  private static let longestGroup: UInt64 = 2_000_000

  private var nanosecondsPerRow = 60.0
  private var credit = 0.0

  /// The rows whose turn it is.
  ///
  /// - Parameters:
  ///   - nanoseconds: how long the events since the last turn took.
  ///   - forced: how many rows were copied meanwhile since they changed.
  mutating func rows(after nanoseconds: UInt64, forced: Int) -> Int {
    credit += Double(min(nanoseconds, SweepPacing.longestGroup)) * SweepPacing.share / nanosecondsPerRow
    credit -= Double(forced)
    // A long debt would stop the sweep for good, a long credit would be one long pause.
    credit = min(max(credit, -Double(SweepPacing.mostRows)), Double(SweepPacing.mostRows))
    return max(0, Int(credit))
  }

  /// Takes note of rows that were copied in a turn, and of how long that took.
  mutating func copied(_ rows: Int, nanoseconds: UInt64) {
    credit -= Double(rows)
    guard rows >= 16 else { return }
    let now = min(max(Double(nanoseconds) / Double(rows), 5), 2000)
    nanosecondsPerRow += (now - nanosecondsPerRow) / 8
  }
}
