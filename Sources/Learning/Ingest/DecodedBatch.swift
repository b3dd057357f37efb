import AttentionalFM
import EventSources
import FeatureEncoding
import Features

/// One record as the ingest thread leaves it for the learner: where it came from, and what it says or why it cannot be
/// used.
struct DecodedRecord: Sendable {
  var partition: Int32
  var offset: Int64
  var nextOffset: Int64
  var timestamp: Int64
  var checksum: RecordChecksum
  var label: Float = 0
  var importance: Float = 1
  var servedScore = Float.nan
  var eventTime: Int64?
  var labelTime: Int64?

  /// What thinning adds to the log-odds of the stream: -log of the fraction of negatives that was kept.
  var thinning: Float = 0

  /// Where the record's features stand in the batch's list.
  var features: Range<Int> = 0..<0

  /// Where the record's bytes stand in the batch's list, and whether that is only their beginning.
  var bytes: Range<Int> = 0..<0
  var isCut = false

  /// Where the record's rejection stands in the batch's list; -1 for a record that can be learned.
  var rejection: Int = -1
}

extension DecodedEvent {
  /// What thinning adds to the log-odds of the stream, -log f where of the negatives like the event the fraction f was
  /// kept: in the stream the odds of a positive are 1/f times those that are to be predicted.
  package var thinning: Float { keptFraction < 1 ? Float(-PortableMath.log(keptFraction)) : 0 }
}

/// Records of a source, decoded and hashed: flat lists that are filled and emptied over and over.
///
/// `@unchecked Sendable`: a batch has one owner at a time. It changes hands only through `IngestChannel`, under its
/// lock: the ingest thread fills a free batch and gives it away, the learner reads it and gives it back.
public final class DecodedBatch: @unchecked Sendable {
  /// The start of the source that the records belong to; those of an earlier one are dropped unread.
  var epoch: UInt64 = 0

  /// The records, in the order in which they are learned.
  private(set) var records: [DecodedRecord] = []

  /// The features of all records, one after the other.
  private(set) var features: [Feature] = []

  /// Why records cannot be used.
  private(set) var rejections: [RejectedRecord] = []

  /// The bytes of all records: any of them may have to be quarantined, should the model refuse it.
  private(set) var bytes: [UInt8] = []

  /// The identity of another file that begins with this batch, and what that of the same one has become.
  private(set) var newIdentity: String?
  private(set) var refreshedIdentity: String?

  /// The learner's own list of runs, kept here so that it is recycled too.
  var runs: [JournalRun] = []

  /// Makes an empty batch with room for as many records.
  public init(capacity: Int) {
    records.reserveCapacity(capacity)
    features.reserveCapacity(capacity * 16)
    runs.reserveCapacity(16)
  }

  /// While a batch holds no more bytes than this, records are kept whole; of later ones only the beginning is.
  static let wholeBytes = 16 * 1024 * 1024
  static let beginningBytes = 64 * 1024

  /// A batch that grew beyond this gives its memory back before it is filled again.
  private static let lastingBytes = 1024 * 1024

  /// Empties the batch and decodes a source's records into it.
  ///
  /// - Parameters:
  ///   - batch: the records; nothing of them is referenced afterwards.
  ///   - epoch: the start of the source that they belong to.
  ///   - decoder: the decoder, of this thread alone.
  public func fill(_ batch: RecordBatch, epoch: UInt64, decoder: EventDecoder) {
    self.epoch = epoch
    newIdentity = batch.newIdentity
    refreshedIdentity = batch.refreshedIdentity
    rejections.removeAll(keepingCapacity: true)
    // The lists are this function's own while it fills them, so that no access to them has to be checked.
    var lists = Lists(records: records, features: features, bytes: bytes)
    (records, features, bytes) = ([], [], [])
    lists.records.removeAll(keepingCapacity: true)
    lists.features.removeAll(keepingCapacity: true)
    lists.bytes.removeAll(keepingCapacity: lists.bytes.capacity <= DecodedBatch.lastingBytes)
    for record in batch.records {
      do throws(RejectedRecord) {
        try lists.append(record, decoder: decoder)
      } catch {
        lists.reject(place: rejections.count)
        rejections.append(error)
      }
    }
    (records, features, bytes) = (lists.records, lists.features, lists.bytes)
  }

  /// The lists that are filled.
  private struct Lists {
    var records: [DecodedRecord]
    var features: [Feature]
    var bytes: [UInt8]

    /// Appends a record.
    ///
    /// - Throws: why it cannot be used; it has been appended all the same, without features.
    @inline(__always)
    mutating func append(_ record: SourceRecord, decoder: EventDecoder) throws(RejectedRecord) {
      let start = bytes.count
      let isWhole = record.bytes.count <= DecodedBatch.wholeBytes - start
      bytes.append(
        contentsOf: isWhole
          ? record.bytes : UnsafeRawBufferPointer(rebasing: record.bytes.prefix(DecodedBatch.beginningBytes)))
      records.append(
        DecodedRecord(
          partition: record.partition, offset: record.offset, nextOffset: record.nextOffset,
          timestamp: record.timestamp, checksum: record.checksum, features: features.count..<features.count,
          bytes: start..<bytes.count, isCut: record.isTruncated || bytes.count - start < record.bytes.count))
      guard !record.isTruncated else {
        throw RejectedRecord(.recordTooLarge, "the record is longer than the source's limit")
      }
      let event = try decoder.decode(record.bytes, into: &features)
      let last = records.count - 1
      records[last].label = event.label
      records[last].importance = event.importance
      records[last].eventTime = event.eventTime
      records[last].labelTime = event.labelTime
      records[last].servedScore = event.servedScore ?? .nan
      records[last].features = event.features
      records[last].thinning = event.thinning
    }

    /// Says of the record appended last where its rejection stands.
    mutating func reject(place: Int) {
      features.removeLast(features.count - records[records.count - 1].features.lowerBound)
      records[records.count - 1].rejection = place
    }
  }
}
