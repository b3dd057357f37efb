/// Some claimed rows of the embedding table, as columns: what snapshots are written from and read into.
public struct RowSegment: Equatable, Sendable {
  /// `k` of the table the rows are of.
  public var embeddingSize: Int
  /// The number of slots of the table the rows are of: in a table of the same size they return to the same slots.
  public var tableSlots: UInt64
  /// Each row's slot, rising.
  public var slot: [UInt64] = []
  /// Each row's feature.
  public var hash: [UInt64] = []
  /// Events learned / 1024 when each was last learned.
  public var lastSeen: [UInt32] = []
  /// `w`.
  public var weight: [Float] = []
  /// Adagrad's sum for `w`.
  public var accumulator: [Float] = []
  /// `v`, row after row of `k` numbers.
  public var embedding: [Float] = []
  /// Adagrad's sums for `v`, row after row of `k` numbers.
  public var embeddingAccumulator: [Float] = []

  /// The number of rows.
  public var count: Int { slot.count }

  /// Makes an empty segment.
  public init(embeddingSize: Int = 0, tableSlots: UInt64 = 0) {
    self.embeddingSize = embeddingSize
    self.tableSlots = tableSlots
  }

  /// Takes all rows out and keeps the memory.
  public mutating func removeAll() {
    slot.removeAll(keepingCapacity: true)
    hash.removeAll(keepingCapacity: true)
    lastSeen.removeAll(keepingCapacity: true)
    weight.removeAll(keepingCapacity: true)
    accumulator.removeAll(keepingCapacity: true)
    embedding.removeAll(keepingCapacity: true)
    embeddingAccumulator.removeAll(keepingCapacity: true)
  }

  /// Makes room for so many rows, so that filling it allocates nothing.
  public mutating func reserve(_ rows: Int) {
    slot.reserveCapacity(rows)
    hash.reserveCapacity(rows)
    lastSeen.reserveCapacity(rows)
    weight.reserveCapacity(rows)
    accumulator.reserveCapacity(rows)
    embedding.reserveCapacity(rows * embeddingSize)
    embeddingAccumulator.reserveCapacity(rows * embeddingSize)
  }
}
