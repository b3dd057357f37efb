// Unsafe memory. Invariant: `state` lives until deinit; the table refers to it, and it to the columns of `segment`, only
// while the sweep holds both.

import AttentionalFM
import CAFMKernels

/// Copies the rows of one moment out of a table that goes on learning: what a snapshot is written from.
///
/// From its beginning on, a row that is about to change is copied first, if it was not copied before; `advance` copies
/// the others in their turn. So what was copied in the end is the table as it was in the beginning, each row once, in no
/// particular order. Used on the owner's thread alone, as the table itself; no other thread reads the table for it.
///
/// A table knows which rows changed since the last sweep that was `settle`d as saved: those alone make an incremental
/// snapshot. One sweep runs at a time; another beginning ends it, unsaved.
public struct RowSweep: ~Copyable {
  private let table: EmbeddingTable
  private let state: UnsafeMutablePointer<afm_sweep>
  private let number: UInt64
  private var segment: RowSegment?

  private static let none = RowSegment()

  /// How many rows it consists of.
  public let rowCount: Int

  /// Fixes the rows of this moment.
  ///
  /// - Parameters:
  ///   - table: the table, between two events.
  ///   - onlyChanged: whether only the rows are meant that changed since the last sweep that was saved.
  public init(_ table: EmbeddingTable, onlyChanged: Bool = false) {
    self.table = table
    state = .allocate(capacity: 1)
    number = table.beginSweep(state, onlyChanged: onlyChanged)
    rowCount = Int(clamping: state.pointee.remaining)
  }

  deinit {
    table.endSweep(number)
    table.settleSweep(number, saved: false)
    state.deallocate()
  }

  /// How many rows are still to be copied.
  public var remaining: Int { Int(clamping: state.pointee.remaining) }

  /// How many rows were copied because they were about to change.
  public var forced: Int { Int(clamping: state.pointee.forced) }

  /// Whether a row changed that could not be copied for lack of room: what was copied is worthless then.
  public var hasLostRows: Bool { state.pointee.lost_row != 0 }

  /// How many more rows there is room for: before an event is learned, for at least as many as it has features.
  public var room: Int { segment.map { $0.capacity - $0.count } ?? 0 }

  /// Gives the sweep an empty segment to fill; it must not hold one.
  public mutating func fill(_ empty: consuming RowSegment) {
    precondition(segment == nil, "the segment that is being filled must be taken first")
    var empty = consume empty
    empty.reset(embeddingSize: table.embeddingSize, tableSlots: table.slotCount)
    state.pointee.target = empty.columns
    segment = consume empty
  }

  /// Takes the segment that is being filled, which may be empty; nil where there is none.
  public mutating func takeSegment() -> RowSegment? {
    state.pointee.target = nil
    defer { segment = nil }
    return segment
  }

  /// Copies the next rows, at most `maximum` and no more than there is room for.
  ///
  /// - Returns: how many; 0 says nothing, since a call looks at a bounded number of slots.
  @discardableResult
  public mutating func advance(maximum: Int) -> Int {
    guard remaining > 0, room > 0 else { return 0 }
    return table.advanceSweep(state, number, maximum: maximum)
  }

  /// Copies the next rows into `segment`, at most `maximum`, without regard to how long that takes. Allocates nothing
  /// where the segment has the room and nobody else holds its rows.
  ///
  /// - Returns: false where there are none left or the sweep was ended; the segment is empty then.
  public mutating func next(maximum: Int, into segment: inout RowSegment) -> Bool {
    guard table.isSweeping(state, number) else {
      segment.removeAll()
      return false
    }
    let wanted = min(maximum, remaining)
    if segment.capacity < wanted { segment.reserve(wanted) }
    // Taken out of the caller's hands, so that its memory has one owner and need not be copied.
    var filling = Self.none
    swap(&filling, &segment)
    fill(consume filling)
    var copied = 0
    while copied < wanted, remaining > 0 { copied += advance(maximum: wanted - copied) }
    if let filled = takeSegment() { segment = filled }
    if remaining == 0 { table.endSweep(number) }
    return segment.count > 0
  }

  /// Ends the sweep: where what it copied was saved, only what changed since its beginning counts as changed, else
  /// everything that did before.
  public mutating func settle(saved: Bool) {
    _ = takeSegment()
    table.endSweep(number)
    table.settleSweep(number, saved: saved)
  }

  /// Ends the copying, when all rows are copied or none is needed any more; `settle` is still to come.
  public mutating func end() {
    table.endSweep(number)
  }
}
