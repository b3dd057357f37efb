import AttentionalFM

/// A walk over the claimed rows of a table in slot order, on the owner's thread: what a snapshot is written from.
public struct RowSweep {
  private let table: EmbeddingTable
  private var next: UInt64 = 0

  /// Begins a walk at the first slot.
  public init(_ table: EmbeddingTable) {
    self.table = table
  }

  /// Fills `segment` with the next claimed rows, at most `maximum`.
  ///
  /// - Returns: false where there are none left; the segment is empty then.
  public mutating func next(maximum: Int, into segment: inout RowSegment) -> Bool {
    segment.removeAll()
    segment.embeddingSize = table.embeddingSize
    segment.tableSlots = table.slotCount
    table.copyRows(from: &next, maximum: maximum, into: &segment)
    return segment.count > 0
  }
}
