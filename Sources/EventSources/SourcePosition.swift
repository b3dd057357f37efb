/// What kind of source a position belongs to.
public enum SourceKind: String, Codable, Sendable {
  /// A Kafka topic.
  case kafka
  /// A file of lines.
  case file
  /// Standard input, which cannot be read again.
  case stdin
}

/// Where learning stands in a source: saved in every snapshot's manifest, sought on every start.
public struct SourcePosition: Codable, Equatable, Sendable {
  /// The kind of the source.
  public var kind: SourceKind

  /// Which source it is: `cluster id/topic` for Kafka, the length and checksum of its first bytes for a file, the
  /// empty string for standard input.
  public var identity: String

  /// Which topic of that name it is, where the brokers and librdkafka tell: one that is made anew has another id.
  public var topicID: String?

  /// One entry a partition, ordered by partition. Files and standard input have partition 0 alone.
  public var partitions: [PartitionPosition]

  /// Where the order journal stood, where one is kept.
  public var journal: JournalMark?

  /// The file that was read before this one, where that was rotated away.
  public var fileBefore: FileBefore?

  /// How many other sources reading went on from before this one: files that were rotated away, topics that were made
  /// anew. Nil for none.
  public var predecessors: UInt64?

  // As manifests spell it: their names are converted, and `ID` would not come back.
  private enum CodingKeys: String, CodingKey {
    case kind, identity, partitions, journal, fileBefore, predecessors
    case topicID = "topicId"
  }

  /// Makes a position; the partitions are put in order.
  public init(
    kind: SourceKind, identity: String, partitions: [PartitionPosition] = [], journal: JournalMark? = nil,
    predecessors: UInt64? = nil
  ) {
    self.predecessors = predecessors
    self.kind = kind
    self.identity = identity
    self.journal = journal
    self.partitions = partitions.sorted { $0.partition < $1.partition }
  }

  /// The sum over the partitions of the records learned.
  public var recordsLearned: UInt64 {
    partitions.reduce(0) { $0 &+ $1.recordsLearned }
  }

  /// The sum over the partitions of the payload checksums of all records learned, modulo 2^64: two runs that learned
  /// the same records, each once, in whatever order, have the same sum.
  public var checksumSum: RecordChecksum {
    RecordChecksum(partitions.reduce(0) { $0 &+ $1.checksumSum.value })
  }

  /// The entry of one partition, where there is one.
  public subscript(partition: Int32) -> PartitionPosition? {
    index(of: partition).map { partitions[$0] }
  }

  /// Goes on in another file, at the end of the one before it.
  public mutating func goOn(inFile identity: String) {
    fileBefore = FileBefore(identity: self.identity, nextOffset: self[0]?.nextOffset ?? 0)
    self.identity = identity
  }

  /// Moves one partition past a record that was learned, or rejected: either way it is done with.
  ///
  /// A partition that has no entry yet gets one. Constant time where partitions are numbered from 0 without gaps;
  /// no allocation but for a new partition.
  public mutating func advance(
    partition: Int32, offset: Int64, nextOffset: Int64, timestamp: Int64, checksum: RecordChecksum
  ) {
    let place = place(for: partition)
    partitions[place].nextOffset = nextOffset
    partitions[place].lastRecord = LastRecord(offset: offset, timestamp: timestamp, checksum: checksum)
    partitions[place].recordsLearned &+= 1
    partitions[place].checksumSum = RecordChecksum(partitions[place].checksumSum.value &+ checksum.value)
  }

  /// Moves one partition to an offset without learning what lies between: a position that was lost, or a rollback.
  ///
  /// The record counts and sums stay; the last record is forgotten, since it no longer precedes the position.
  public mutating func jump(partition: Int32, to nextOffset: Int64) {
    let place = place(for: partition)
    partitions[place].nextOffset = nextOffset
    partitions[place].lastRecord = nil
  }

  /// Moves one partition to its end, where nothing between its last record and the end is a record. Never back.
  ///
  /// - Returns: whether it moved.
  @discardableResult
  public mutating func reachEnd(of partition: Int32, at offset: Int64) -> Bool {
    guard let place = index(of: partition), offset > partitions[place].nextOffset else { return false }
    partitions[place].nextOffset = offset
    return true
  }

  /// Remembers the records that a check vouches for, of the partitions that are known.
  public mutating func remember(_ check: SourceCheck) {
    for (partition, record) in check.records {
      if let place = index(of: partition) { partitions[place].lastChecked = record }
    }
  }

  /// Forgets what a check vouched for: the partition's records are others from here on.
  mutating func forgetChecked(partition: Int32) {
    if let place = index(of: partition) { partitions[place].lastChecked = nil }
  }

  /// Takes the way that the order journal begins with: partitions that go on further ahead before any of their records.
  ///
  /// What lies before holds no record, or was to be left out. The last record stays to be compared.
  public mutating func follow(_ runs: [JournalRun]) {
    var passed: Set<Int32> = []
    for run in runs where !passed.contains(run.partition) {
      if run.count > 0 || run.nextOffset < self[run.partition]?.nextOffset ?? 0 {
        passed.insert(run.partition)
      } else {
        reachEnd(of: run.partition, at: run.nextOffset)
      }
    }
  }

  private func index(of partition: Int32) -> Int? {
    if let direct = Int(exactly: partition), partitions.indices.contains(direct),
      partitions[direct].partition == partition
    {
      return direct
    }
    return partitions.firstIndex { $0.partition == partition }
  }

  private mutating func place(for partition: Int32) -> Int {
    if let found = index(of: partition) { return found }
    let place = partitions.firstIndex { $0.partition > partition } ?? partitions.count
    partitions.insert(PartitionPosition(partition: partition, nextOffset: 0), at: place)
    return place
  }
}

/// A file that was read to its end before another.
public struct FileBefore: Codable, Equatable, Sendable {
  /// Which file it was.
  public var identity: String

  /// The byte at which it was left.
  public var nextOffset: Int64

  /// Makes a file before.
  public init(identity: String, nextOffset: Int64) {
    self.identity = identity
    self.nextOffset = nextOffset
  }
}

/// Where learning stands in one partition.
public struct PartitionPosition: Codable, Equatable, Sendable {
  /// The partition's number.
  public var partition: Int32

  /// The offset to read next: one past the last record's for Kafka, or past what follows it and holds no record; a byte
  /// offset in the uncompressed stream for files.
  public var nextOffset: Int64

  /// The last record learned, read again on start to see that this is still the same topic or file.
  public var lastRecord: LastRecord?

  /// A record learned earlier, at the last check that this was still the same topic: a start reads it again as well,
  /// since the last record may be that of a topic made anew after the check.
  public var lastChecked: LastRecord?

  /// How many records of this partition were learned or rejected.
  public var recordsLearned: UInt64

  /// The sum, modulo 2^64, of the payload checksums of those records.
  public var checksumSum: RecordChecksum

  /// Makes a partition's position.
  public init(
    partition: Int32, nextOffset: Int64, lastRecord: LastRecord? = nil, lastChecked: LastRecord? = nil,
    recordsLearned: UInt64 = 0, checksumSum: RecordChecksum = RecordChecksum(0)
  ) {
    self.partition = partition
    self.nextOffset = nextOffset
    self.lastRecord = lastRecord
    self.lastChecked = lastChecked
    self.recordsLearned = recordsLearned
    self.checksumSum = checksumSum
  }
}

/// What is remembered of the last record learned from a partition.
public struct LastRecord: Codable, Equatable, Sendable {
  /// The record's offset.
  public var offset: Int64

  /// The record's timestamp in milliseconds since 1970, -1 where the source gives none.
  public var timestamp: Int64

  /// The checksum of the record's payload.
  public var checksum: RecordChecksum

  /// Makes a memory of a record.
  public init(offset: Int64, timestamp: Int64, checksum: RecordChecksum) {
    self.offset = offset
    self.timestamp = timestamp
    self.checksum = checksum
  }
}
