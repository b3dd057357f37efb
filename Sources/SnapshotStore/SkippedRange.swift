import EventSources

/// Offsets of one partition that are never learned: a rollback that kept its position left them behind.
public struct SkippedRange: Codable, Equatable, Hashable, Sendable {
  /// The partition.
  public var partition: Int32

  /// The first offset that is skipped.
  public var from: Int64

  /// The offset that follows the last skipped one; the greatest number there is for all that follow.
  public var to: Int64

  /// The source that the offsets belong to (`SourcePosition.sourceName`), where it is not that of the position beside
  /// the range.
  public var identity: String?

  /// Makes a range.
  public init(partition: Int32, from: Int64, to: Int64, identity: String? = nil) {
    self.partition = partition
    self.from = from
    self.to = to
    self.identity = identity
  }
}

/// Operations on skips that lie ahead of a position. Offsets are compared only where they belong to the same source.
public enum SkippedRanges {
  /// More sources than this between two positions are not named one by one.
  private static let sourcesBetween: UInt64 = 1000

  /// What lies between two positions: for each partition that the later one is ahead in, the offsets in between. The
  /// ranges stand beside the later position; where sources came before its own they are named all the same, so that they
  /// can be told apart in the lineage, without the manifest.
  ///
  /// Where files came one after the other in between, it is the rest of the first, the beginning of the last, and all of
  /// the others. Of a topic that replaced another it is all before the later position.
  public static func between(_ earlier: SourcePosition?, _ later: SourcePosition) -> [SkippedRange] {
    let comparable = earlier.flatMap { $0.isOfSameSource(as: later) ? $0 : nil }
    if let earlier, comparable == nil, earlier.isInSuccessor(of: later) { return [] }
    let ranges = later.partitions.compactMap { partition -> SkippedRange? in
      let start = comparable?[partition.partition]?.nextOffset ?? 0
      guard partition.nextOffset > start else { return nil }
      return SkippedRange(
        partition: partition.partition, from: start, to: partition.nextOffset,
        identity: later.predecessors == nil ? nil : later.sourceName)
    }
    guard let earlier, comparable == nil, later.kind == .file, later.isInSuccessor(of: earlier) else { return ranges }
    return files(from: earlier, to: later) + ranges
  }

  /// The rest of a file, and all files between it and a later one.
  private static func files(from earlier: SourcePosition, to later: SourcePosition) -> [SkippedRange] {
    var ranges: [SkippedRange] = []
    var place = earlier
    var start = earlier[0]?.nextOffset ?? 0
    while place.predecessors ?? 0 < later.predecessors ?? 0, UInt64(ranges.count) < sourcesBetween {
      ranges.append(SkippedRange(partition: 0, from: start, to: .max, identity: place.sourceName))
      place.enterSuccessor()
      place.identity = ""
      start = 0
    }
    return ranges
  }

  /// Moves a position out of every skip it stands in, and gives the skips that are still ahead of it, in order of
  /// source, partition and offset, overlapping ones joined.
  public static func apply(_ skips: [SkippedRange], to position: inout SourcePosition) -> [SkippedRange] {
    var ahead: [SkippedRange] = []
    for skip in joined(skips) {
      // Of another source, or up to an end that is not known: what comes is skipped as it comes.
      guard skip.identity == nil, skip.to != .max else {
        ahead.append(skip)
        continue
      }
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

  /// The end of the skip that an offset of the present source lies in; nil where it lies in none, and is to be learned.
  public static func end(of skips: [SkippedRange], partition: Int32, offset: Int64) -> Int64? {
    skips.first { $0.identity == nil && $0.partition == partition && $0.from <= offset && offset < $0.to }?.to
  }

  /// Takes out the skips of the present source that a partition has passed; those of other sources stay.
  public static func pass(_ skips: inout [SkippedRange], partition: Int32, to nextOffset: Int64) {
    skips.removeAll { $0.identity == nil && $0.partition == partition && $0.to <= nextOffset }
  }

  /// The same skips, beside another position than before: those of its source lose their name, those of the source
  /// before take one.
  public static func moved(
    _ skips: [SkippedRange], from before: SourcePosition?, to position: SourcePosition?
  ) -> [SkippedRange] {
    skips.map { skip in
      var skip = skip
      skip.identity = skip.identity ?? before?.sourceName
      if let name = skip.identity, let here = position?.sourceName, SourcePosition.isSameSource(name, here) {
        skip.identity = nil
      }
      return skip
    }
  }

  /// The skips that are left when a source has been left for good.
  public static func left(
    _ skips: [SkippedRange], from before: SourcePosition, to position: SourcePosition
  ) -> [SkippedRange] {
    moved(skips.filter { $0.identity != nil }, from: before, to: position)
  }

  private static func joined(_ skips: [SkippedRange]) -> [SkippedRange] {
    var result: [SkippedRange] = []
    let sorted = skips.sorted {
      ($0.identity ?? "", $0.partition, $0.from) < ($1.identity ?? "", $1.partition, $1.from)
    }
    for skip in sorted where skip.from < skip.to {
      if let last = result.last, last.partition == skip.partition, last.identity == skip.identity, last.to >= skip.from
      {
        result[result.count - 1].to = max(last.to, skip.to)
      } else {
        result.append(skip)
      }
    }
    return result
  }
}
