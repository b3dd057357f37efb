import EventSources
import Observability

/// The files that the learner alone writes while it learns.
///
/// Used on the learner's thread alone.
public final class LearnerFiles {
  let journal: OrderJournal?

  /// Hands over the files that there are.
  ///
  /// - Parameters:
  ///   - journal: the order of records, where they come from several partitions.
  public init(journal: OrderJournal? = nil) {
    self.journal = journal
  }

  /// The length of the quarantine file in bytes.
  var quarantineLength: UInt64 { 0 }

  func keep(_ record: DecodedRecord, bytes: ArraySlice<UInt8>, reason: RejectedFor, detail: String, log: Log) {}

  func sync() throws {}

  func truncateQuarantine(to length: UInt64, log: Log) {}
}
