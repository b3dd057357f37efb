import EventSources

/// What was seen of the source last, and where it had nothing more than was learned.
public struct SourceSeen: Equatable, Sendable {
  /// What was seen.
  public var sight: SourceSight

  /// A moment at which a partition had nothing beyond a position.
  private struct Level: Equatable {
    var nextOffset: Int64
    /// On the monotonic clock.
    var time: UInt64
  }

  /// When that was last, of each partition.
  private var levels: [Int32: Level]

  /// When all partitions answered last.
  private var answered: UInt64?

  init(_ sight: SourceSight, at now: UInt64, position: SourcePosition?, after earlier: SourceSeen?) {
    self.sight = sight
    levels = earlier?.levels ?? [:]
    answered = sight.problem == nil ? now : earlier?.answered
    // A partition that is not read yet had nothing while there was none of it, or none of its records.
    for (partition, end) in sight.ends where position?[partition] == nil {
      if end == 0 {
        levels[partition] = Level(nextOffset: 0, time: now)
      } else if levels[partition] == nil, let before = earlier?.answered {
        levels[partition] = Level(nextOffset: 0, time: before)
      }
    }
    for partition in position?.partitions ?? [] {
      guard let end = sight.ends[partition.partition], partition.nextOffset >= end else { continue }
      levels[partition.partition] = Level(nextOffset: partition.nextOffset, time: now)
    }
  }

  /// How long ago a partition was seen to have nothing beyond the position at which learning stands, or an earlier one:
  /// what is behind came later. Nil where it was not seen so.
  func secondsSinceLevel(of partition: PartitionPosition) -> Double? {
    guard let level = levels[partition.partition], partition.nextOffset >= level.nextOffset else { return nil }
    return Double(MonotonicTime.now &- level.time) / 1e9
  }
}

/// How far learning is behind its source, by what the source says now: nothing of it is remembered from before.
extension LearningReport {
  /// Records (of a file bytes) that a partition holds beyond what was learned; nil where nobody says where it ends, or
  /// the position is of another source.
  public func lag(of partition: PartitionPosition) -> Int64? {
    guard let sight = seen?.sight, let end = sight.ends[partition.partition], !condition.needsPosition else {
      return nil
    }
    guard let identity = sight.identity, identity != position?.identity else {
      return max(0, end &- partition.nextOffset)
    }
    // Of a file that came next nothing was learned; of the one before it all, where learning has caught up.
    return identity.isEmpty && isCaughtUp ? end : nil
  }

  /// The same of all partitions together, those that are not read yet among them; nil unless it is known of each.
  public var lag: Int64? {
    guard let position, !position.partitions.isEmpty else { return nil }
    var sum: Int64 = 0
    for partition in position.partitions {
      guard let lag = lag(of: partition) else { return nil }
      sum = sum.addingReportingOverflow(lag).partialValue
    }
    // A partition that appeared since is read from its beginning.
    for end in newEnds.values { sum = sum.addingReportingOverflow(end).partialValue }
    return sum
  }

  /// The ends of partitions that the position does not know.
  private var newEnds: [Int32: Int64] {
    guard let position, let ends = seen?.sight.ends else { return [:] }
    return ends.filter { position[$0.key] == nil }
  }

  /// How long ago, by its timestamp, the last record learned of a partition was written; 0 where nothing of it is
  /// behind, nil where that, or the timestamp, is not known.
  ///
  /// - Parameters:
  ///   - partition: where learning stands in the partition.
  ///   - milliseconds: now, since 1970.
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
    return newEnds.contains { $0.value > 0 } ? nil : longest
  }

  /// The most that `lagSeconds` can be: that itself where it is known; where nobody answers, the age of the last record
  /// learned, or the time since nothing was behind. Nil where nothing bounds it.
  ///
  /// - Parameter milliseconds: now, since 1970.
  public func greatestLagSeconds(now milliseconds: Int64) -> Double? {
    guard let partitions = position?.partitions, !partitions.isEmpty, !condition.needsPosition else { return nil }
    var greatest = 0.0
    for (partition, end) in newEnds where end > 0 {
      let start = PartitionPosition(partition: partition, nextOffset: 0)
      guard let seconds = seen?.secondsSinceLevel(of: start) else { return nil }
      greatest = max(greatest, seconds)
    }
    for partition in partitions {
      let age = partition.lastRecord.flatMap { $0.timestamp < 0 ? nil : Double(milliseconds) - Double($0.timestamp) }
      let bounds = [
        lagSeconds(of: partition, now: milliseconds), age.map { max(0, $0) / 1000 },
        seen?.secondsSinceLevel(of: partition),
      ]
      guard let least = bounds.compactMap(\.self).min() else { return nil }
      greatest = max(greatest, least)
    }
    return greatest
  }
}
