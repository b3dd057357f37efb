// Unsafe memory. Invariant: every column of `columns` has room for `capacity` entries in `block` until deinit, and the
// first `count` are rows.

import CAFMKernels
import Glibc

/// The memory of a segment of rows: each column in one piece, aligned for the kernels and the disk.
///
/// `@unchecked Sendable`: a `RowSegment` changes it only where it is its one owner, and a sweep that fills it through
/// the pointer has taken the segment away from everybody else.
final class RowMemory: @unchecked Sendable {
  let columns: UnsafeMutablePointer<afm_row_columns>
  let embeddingSize: Int
  private let block: UnsafeMutableRawPointer

  init(embeddingSize: Int, capacity: Int) {
    self.embeddingSize = embeddingSize
    let sizes = RowSegment.Column.allCases.map { capacity * $0.rowBytes(embeddingSize: embeddingSize) }
    block = AlignedMemory.allocate(sizes.reduce(AlignedMemory.alignment) { $0 + RowMemory.aligned($1) })
    columns = .allocate(capacity: 1)
    columns.initialize(to: afm_row_columns())
    columns.pointee.capacity = Int64(capacity)
    var next = block
    func take<Element>(_ size: Int, as type: Element.Type) -> UnsafeMutablePointer<Element> {
      defer { next += RowMemory.aligned(size) }
      return next.bindMemory(to: type, capacity: max(1, size / MemoryLayout<Element>.stride))
    }
    columns.pointee.slot = take(sizes[0], as: UInt64.self)
    columns.pointee.hash = take(sizes[1], as: UInt64.self)
    columns.pointee.last_seen = take(sizes[2], as: UInt32.self)
    columns.pointee.weight = take(sizes[3], as: Float.self)
    columns.pointee.accumulator = take(sizes[4], as: Float.self)
    columns.pointee.embedding = take(sizes[5], as: Float.self)
    columns.pointee.embedding_accumulator = take(sizes[6], as: Float.self)
  }

  deinit {
    columns.deallocate()
    free(block)
  }

  private static func aligned(_ bytes: Int) -> Int {
    (bytes + AlignedMemory.alignment - 1) / AlignedMemory.alignment * AlignedMemory.alignment
  }

  var count: Int { Int(columns.pointee.count) }
  var capacity: Int { Int(columns.pointee.capacity) }

  /// A copy with room for more rows.
  func copy(capacity: Int) -> RowMemory {
    let copy = RowMemory(embeddingSize: embeddingSize, capacity: max(capacity, count))
    for column in RowSegment.Column.allCases {
      copy.base(of: column).copyMemory(
        from: base(of: column), byteCount: count * column.rowBytes(embeddingSize: embeddingSize))
    }
    copy.columns.pointee.count = columns.pointee.count
    return copy
  }

  func base(of column: RowSegment.Column) -> UnsafeMutableRawPointer {
    switch column {
    case .slot: UnsafeMutableRawPointer(columns.pointee.slot)
    case .hash: UnsafeMutableRawPointer(columns.pointee.hash)
    case .lastSeen: UnsafeMutableRawPointer(columns.pointee.last_seen)
    case .weight: UnsafeMutableRawPointer(columns.pointee.weight)
    case .accumulator: UnsafeMutableRawPointer(columns.pointee.accumulator)
    case .embedding: UnsafeMutableRawPointer(columns.pointee.embedding)
    case .embeddingAccumulator: UnsafeMutableRawPointer(columns.pointee.embedding_accumulator)
    }
  }

  /// Writes to all of it, so that the system has given the memory before somebody waits for it.
  func touch() {
    memset(
      block, 0,
      RowSegment.Column.allCases.reduce(0) {
        $0 + RowMemory.aligned(capacity * $1.rowBytes(embeddingSize: embeddingSize))
      })
  }

  /// The first of the numbers that are not finite, or negative where they must not be.
  var notFinite: RowSegment.Column? {
    let rows = columns.pointee.count
    let k = Int64(embeddingSize)
    if afm_rows_are_finite(columns.pointee.weight, rows, 0) == 0 { return .weight }
    if afm_rows_are_finite(columns.pointee.embedding, rows * k, 0) == 0 { return .embedding }
    if afm_rows_are_finite(columns.pointee.accumulator, rows, 1) == 0 { return .accumulator }
    if afm_rows_are_finite(columns.pointee.embedding_accumulator, rows * k, 1) == 0 { return .embeddingAccumulator }
    return nil
  }
}
