/// A run of records that were learned one after the other from one partition: an entry of the order journal.
public struct JournalRun: Equatable, Hashable, Sendable {
  /// The partition.
  public var partition: Int32

  /// The offset that follows the run's last record.
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
