/// A run of records that were learned one after the other from one partition: an entry of the order journal.
public struct JournalRun: Equatable, Hashable, Sendable {
  /// The partition.
  public var partition: Int32

  /// The offset that follows the run's last record; -1 where it is not known.
  public var nextOffset: Int64

  /// How many records the run holds, rejected ones included. 0 marks a jump: the partition goes on at `nextOffset`,
  /// whatever lies before it (a rollback that kept its position, a lost position).
  public var count: UInt32

  /// Makes a run.
  public init(partition: Int32, nextOffset: Int64, count: UInt32) {
    self.partition = partition
    self.nextOffset = nextOffset
    self.count = count
  }
}

extension [JournalRun] {
  /// The same way without jumps of a partition that another one overrides before any of its records: where they led may
  /// be gone.
  var withoutOverriddenJumps: [JournalRun] {
    var overridden: Set<Int32> = []
    var kept: [JournalRun] = []
    for run in reversed() {
      if run.count > 0 {
        overridden.remove(run.partition)
      } else if !overridden.insert(run.partition).inserted {
        continue
      }
      kept.append(run)
    }
    return kept.reversed()
  }
}

/// A place in the order journal: after so many records of one of its segments. Saved with the position, so that a
/// snapshot knows which runs came after it.
public struct JournalMark: Codable, Equatable, Hashable, Sendable {
  /// The segment's number.
  public var segment: UInt64

  /// How many of the segment's records lie before the place.
  public var records: UInt64

  /// The name of the line that a rollback, or an operator's choice of a snapshot, begins after the place, and that goes on
  /// from there: the journal makes its segment only once that is durable. Nil for the place itself.
  public var branch: UInt64?

  /// Names a place.
  public init(segment: UInt64, records: UInt64, branch: UInt64? = nil) {
    self.segment = segment
    self.records = records
    self.branch = branch
  }

  /// A name for a line, never to come again: whatever else is given a number twice, no line is taken for another.
  public static func drawnName() -> UInt64 {
    // What other readers of JSON take for a number as well.
    UInt64.random(in: 1..<(1 << 53))
  }

  /// The place without the line that begins there.
  var withoutBranch: JournalMark { JournalMark(segment: segment, records: records) }

  /// Before the first record ever.
  public static let beginning = JournalMark(segment: 0, records: 0)
}
