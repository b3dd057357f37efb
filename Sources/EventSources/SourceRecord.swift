// Unsafe memory: a record's bytes and a batch's records belong to the source that delivers them and are valid only
// while the closure given to `nextBatch` runs; nobody keeps them.

/// One record of a source.
public struct SourceRecord {
  /// The payload; empty for an empty line and for a record without a value. Valid while the batch is.
  public var bytes: UnsafeRawBufferPointer

  /// The partition it came from.
  public var partition: Int32

  /// Its offset.
  public var offset: Int64

  /// The offset that follows it: where reading goes on once this record is done with.
  public var nextOffset: Int64

  /// Its timestamp in milliseconds since 1970, -1 where the source gives none.
  public var timestamp: Int64

  /// Whether the record was longer than the source's limit: `bytes` is then only its beginning, and it must be
  /// rejected as too large.
  public var isTruncated: Bool

  /// Makes a record.
  public init(
    bytes: UnsafeRawBufferPointer, partition: Int32, offset: Int64, nextOffset: Int64, timestamp: Int64,
    isTruncated: Bool = false
  ) {
    self.bytes = bytes
    self.partition = partition
    self.offset = offset
    self.nextOffset = nextOffset
    self.timestamp = timestamp
    self.isTruncated = isTruncated
  }

  /// The payload's checksum, as positions keep it (of a truncated record: of the bytes that are here).
  public var checksum: RecordChecksum { RecordChecksum(of: bytes) }
}

/// Records in the order in which they are to be learned; valid while the closure it was given to runs.
public struct RecordBatch {
  /// The records.
  public let records: UnsafeBufferPointer<SourceRecord>

  /// The identity of another file that the source went on in with this batch, at the end of the one before it: the
  /// position must go on in it before the batch's first record is counted. Nil where it stays.
  public let newIdentity: String?

  /// What the identity of the file so far has become, since more of it is known: the position's becomes it, before
  /// `newIdentity` where there is one, and nothing else changes. Nil where it stays.
  public let refreshedIdentity: String?

  /// Makes a batch.
  public init(
    records: UnsafeBufferPointer<SourceRecord>, newIdentity: String? = nil, refreshedIdentity: String? = nil
  ) {
    self.records = records
    self.newIdentity = newIdentity
    self.refreshedIdentity = refreshedIdentity
  }
}
