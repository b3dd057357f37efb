import EventSources

/// Offsets of one partition that are never learned: a rollback that kept its position left them behind.
public struct SkippedRange: Codable, Equatable, Hashable, Sendable {
  /// The partition.
  public var partition: Int32

  /// The first offset that is skipped.
  public var from: Int64

  /// The offset that follows the last skipped one.
  public var to: Int64

  /// Makes a range.
  public init(partition: Int32, from: Int64, to: Int64) {
    self.partition = partition
    self.from = from
    self.to = to
  }
}

/// Operations on skips that lie ahead of a position.
public enum SkippedRanges {
  /// What lies between two positions: for each partition that the later one is ahead in, the offsets in between.
  public static func between(_ earlier: SourcePosition?, _ later: SourcePosition) -> [SkippedRange] {
    later.partitions.compactMap { partition in
      let start = earlier?[partition.partition]?.nextOffset ?? 0
      guard partition.nextOffset > start else { return nil }
      return SkippedRange(partition: partition.partition, from: start, to: partition.nextOffset)
    }
  }

  /// Moves a position out of every skip it stands in, and gives the skips that are still ahead of it, in order of
  /// partition and offset, overlapping ones joined.
  public static func apply(_ skips: [SkippedRange], to position: inout SourcePosition) -> [SkippedRange] {
    var ahead: [SkippedRange] = []
    for skip in joined(skips) {
      let next = position[skip.partition]?.nextOffset ?? 0
      if skip.to <= next { continue }
      if skip.from <= next {
        position.jump(partition: skip.partition, to: skip.to)
      } else {
        ahead.append(skip)
      }
    }
    return ahead
  }

  /// The end of the skip that an offset lies in; nil where it lies in none, and is to be learned.
  public static func end(of skips: [SkippedRange], partition: Int32, offset: Int64) -> Int64? {
    skips.first { $0.partition == partition && $0.from <= offset && offset < $0.to }?.to
  }

  private static func joined(_ skips: [SkippedRange]) -> [SkippedRange] {
    var result: [SkippedRange] = []
    for skip in skips.sorted(by: { ($0.partition, $0.from) < ($1.partition, $1.from) }) where skip.from < skip.to {
      if let last = result.last, last.partition == skip.partition, last.to >= skip.from {
        result[result.count - 1].to = max(last.to, skip.to)
      } else {
        result.append(skip)
      }
    }
    return result
  }
}
