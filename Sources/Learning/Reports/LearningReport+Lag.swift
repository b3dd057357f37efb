import EventSources

/// What was seen of the source last, and when all of it answered.
public struct SourceSeen: Equatable, Sendable {
  /// What was seen.
  public var sight: SourceSight

  /// The last sight for which all partitions answered, and when that was, on the monotonic clock.
  private var answer: (ends: [Int32: Int64], at: UInt64)?

  init(_ sight: SourceSight, at now: UInt64, after earlier: SourceSeen?) {
    self.sight = sight
    answer = sight.problem == nil ? (sight.ends, now) : earlier?.answer
  }

  /// How long ago a partition was seen to end where learning stands; nil where it was not.
  func secondsSinceEnd(of partition: PartitionPosition) -> Double? {
    guard let answer, let end = answer.ends[partition.partition], partition.nextOffset >= end else { return nil }
    return Double(MonotonicTime.now &- answer.at) / 1e9
  }

  /// Whether the same was seen.
  public static func == (one: SourceSeen, other: SourceSeen) -> Bool { one.sight == other.sight }
}

/// How far learning is behind its source, by what the source says now: nothing of it is remembered from before.
extension LearningReport {
  /// Records (of a file bytes) that a partition holds beyond what was learned; nil where nobody says where it ends.
  public func lag(of partition: PartitionPosition) -> Int64? {
    seen?.sight.ends[partition.partition].map { max(0, $0 &- partition.nextOffset) }
  }

  /// The same of all partitions together; nil unless it is known of each.
  public var lag: Int64? {
    guard let partitions = position?.partitions, !partitions.isEmpty else { return nil }
    var sum: Int64 = 0
    for partition in partitions {
      guard let lag = lag(of: partition) else { return nil }
      sum = sum.addingReportingOverflow(lag).partialValue
    }
    return sum
  }

  /// How long ago, by its timestamp, the last record learned of a partition was written; 0 where nothing of it is
  /// behind, nil where that, or the timestamp, is not known.
  ///
  /// - Parameter milliseconds: now, since 1970.
  public func lagSeconds(of partition: PartitionPosition, now milliseconds: Int64) -> Double? {
    guard let lag = lag(of: partition) else { return nil }
    if lag == 0 { return 0 }
    guard let time = partition.lastRecord?.timestamp, time >= 0 else { return nil }
    return max(0, Double(milliseconds) - Double(time)) / 1000
  }

  /// The longest of all partitions; nil unless it is known of each.
  public func lagSeconds(now milliseconds: Int64) -> Double? {
    guard let partitions = position?.partitions, !partitions.isEmpty else { return nil }
    var longest = 0.0
    for partition in partitions {
      guard let seconds = lagSeconds(of: partition, now: milliseconds) else { return nil }
      longest = max(longest, seconds)
    }
    return longest
  }

  /// The most that `lagSeconds` can be: that itself where it is known; where nobody answers, the age of the last record
  /// learned, or the time since nothing was seen to be behind. Nil where nothing bounds it.
  ///
  /// - Parameter milliseconds: now, since 1970.
  public func greatestLagSeconds(now milliseconds: Int64) -> Double? {
    guard let partitions = position?.partitions, !partitions.isEmpty else { return nil }
    var greatest = 0.0
    for partition in partitions {
      let age = partition.lastRecord.flatMap { $0.timestamp < 0 ? nil : Double(milliseconds) - Double($0.timestamp) }
      let bounds = [
        lagSeconds(of: partition, now: milliseconds), age.map { max(0, $0) / 1000 },
        seen?.secondsSinceEnd(of: partition),
      ]
      guard let least = bounds.compactMap(\.self).min() else { return nil }
      greatest = max(greatest, least)
    }
    return greatest
  }
}
