/// What a source has to say of its position beside records; it holds for what was delivered before.
public enum SourceNews: Equatable, Sendable {
  /// The ends of partitions were reached at these offsets: what lies between the last record delivered and the end holds
  /// no record (the markers of transactions, what compaction removed).
  case reachedEnds([Int32: Int64])
  /// This is still what was learned from.
  case checked(SourceCheck)

  /// One news that says what both say, where they are of one sort.
  package func merged(with later: SourceNews) -> SourceNews? {
    switch (self, later) {
    case (.reachedEnds(let ends), .reachedEnds(let others)):
      .reachedEnds(ends.merging(others) { max($0, $1) })
    case (.checked(let check), .checked(let other)):
      .checked(SourceCheck(milliseconds: other.milliseconds, records: check.records.merging(other.records) { $1 }))
    default: nil
    }
  }
}

/// A check that a source is still the one that was learned from: what it vouches for.
public struct SourceCheck: Equatable, Sendable {
  /// When it was, in milliseconds since 1970: for people alone.
  public var milliseconds: Int64

  /// The last record of each partition that it vouches for.
  public var records: [Int32: LastRecord]

  /// Makes a check's outcome.
  public init(milliseconds: Int64, records: [Int32: LastRecord]) {
    self.milliseconds = milliseconds
    self.records = records
  }
}

extension Array where Element == SourceNews {
  /// Adds news, to those of its sort where there are some: however long nobody takes them, there are two at most.
  mutating func add(_ news: SourceNews) {
    for index in indices {
      if let merged = self[index].merged(with: news) {
        self[index] = merged
        return
      }
    }
    append(news)
  }
}
