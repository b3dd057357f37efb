import CAFMKernels

/// The owner's view of the embedding table: a bounded, two-choice hash table of features (`Docs/Model.md`).
///
/// A feature has two candidate buckets of four slots. A new one goes into the emptier; where both are full, the one of
/// the eight that was learned longest ago gives way. Full 64-bit hashes are compared, so two features never share a
/// row. Used on one thread at a time, the owner's.
public final class EmbeddingTable {
  /// What happened in the table since the model began; a snapshot carries it.
  public struct Counters: Codable, Equatable, Sendable {
    /// The slots that hold a feature now.
    public var claimed: UInt64 = 0
    /// The features that gave way to a new one.
    public var evicted: UInt64 = 0
    /// The new features that found no room, since the event itself held all eight slots.
    public var dropped: UInt64 = 0

    /// Makes counters.
    public init(claimed: UInt64 = 0, evicted: UInt64 = 0, dropped: UInt64 = 0) {
      self.claimed = claimed
      self.evicted = evicted
      self.dropped = dropped
    }
  }

  package let memory: TableMemory
  package var table: UnsafeMutablePointer<afm_table> { memory.table }

  /// The counts of the table.
  public package(set) var counters = Counters()

  /// The number of the last sweep, and whether what it copied is known to be saved, or not to be.
  var sweepNumber: UInt64 = 0
  var isSweepSettled = true

  /// The number of slots: a power of two.
  public var slotCount: UInt64 { table.pointee.slot_count }

  /// `k`: the numbers of one embedding; 0 for a linear model.
  public var embeddingSize: Int { Int(table.pointee.k) }

  /// The bytes of memory it takes.
  public var bytes: UInt64 { table.pointee.bytes }

  /// Makes an empty table for a configuration.
  public convenience init(_ configuration: ModelConfiguration) throws(ModelProblem) {
    try self.init(slots: configuration.actualTableSlots, embeddingSize: configuration.effectiveEmbeddingSize)
  }

  /// Makes an empty table.
  ///
  /// - Parameters:
  ///   - slots: a power of two, at least 8.
  ///   - embeddingSize: `k`; 0 for a linear model.
  public init(slots: UInt64, embeddingSize: Int) throws(ModelProblem) {
    memory = try TableMemory(slots: slots, embeddingSize: embeddingSize)
  }

  /// The slot of a feature, or nil where it is unknown.
  public func slot(of hash: UInt64) -> UInt64? {
    let slot = afm_table_find(table, hash)
    return slot >= 0 ? UInt64(slot) : nil
  }

  /// The first slots of a feature's two candidate buckets of four.
  public func candidates(of hash: UInt64) -> (UInt64, UInt64) {
    var first: UInt64 = 0
    var second: UInt64 = 0
    afm_table_candidates(table, hash, &first, &second)
    return (first, second)
  }

  /// Puts saved counters back; `claimed` is counted by `restore(_:)` and stays.
  public func restore(_ saved: Counters) {
    counters.evicted = saved.evicted
    counters.dropped = saved.dropped
  }
}
