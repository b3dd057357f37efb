/// Neighbouring rows of one file of a chain that are also neighbours in the order of slots.
struct RowRun: Equatable {
  /// The file's index in the chain.
  var file: Int
  var rows: Range<Int>
}

/// The runs of a window of slots, found one after the other: a table may have as many of them as slots.
struct RowRuns: Sequence {
  /// For each slot what `place` gives for its row; 0 where it has none.
  fileprivate let places: [UInt64]

  private static let rowBits: UInt64 = 40

  /// The file's index and the row in it, and one more, so that 0 is none and rows that follow each other have places
  /// that do.
  fileprivate static func place(file: Int, row: Int) -> UInt64 {
    UInt64(file) << rowBits + UInt64(row) + 1
  }

  struct Iterator: IteratorProtocol {
    fileprivate var rest: ArraySlice<UInt64>

    mutating func next() -> RowRun? {
      guard let first = rest.first(where: { $0 > 0 }) else { return nil }
      var end = first
      while let place = rest.first, place == 0 || place == end {
        rest.removeFirst()
        if place > 0 { end += 1 }
      }
      let row = Int((first - 1) & (1 << RowRuns.rowBits - 1))
      return RowRun(file: Int((first - 1) >> RowRuns.rowBits), rows: row..<row + Int(end - first))
    }
  }

  func makeIterator() -> Iterator { Iterator(rest: places[...]) }
}

/// A walk over the rows of a chain in the order of their slots, each slot's newest row alone, whatever the order in
/// which the files hold them. For what is not hurried (exports, tables of another size): every step passes over the
/// slots of all files, and holds 8 bytes for each slot of a window, 128 MiB at most.
struct SlotWalk {
  private let files: [RowFile]
  private let tableSlots: UInt64
  private let window: UInt64
  private var start: UInt64 = 0
  private static let slotsAtOnce = 1 << 16

  /// Begins a walk at slot 0.
  ///
  /// - Parameters:
  ///   - files: the chain, the full file first.
  ///   - tableSlots: the slots of the table the rows are of.
  ///   - window: how many slots a step covers; chosen by itself where it is nil.
  init(_ files: [RowFile], tableSlots: UInt64, window: UInt64? = nil) {
    self.files = files
    self.tableSlots = tableSlots
    self.window = window ?? min(max(1 << 18, tableSlots / 16), 1 << 24)
  }

  /// The rows of the next window; nil at the end of the table. A row of a slot beyond the table is in none.
  mutating func next() throws(SnapshotProblem) -> RowRuns? {
    guard start < tableSlots else { return nil }
    let end = min(start + window, tableSlots)
    var places = [UInt64](repeating: 0, count: Int(end - start))
    var slots: [UInt64] = []
    for (index, file) in files.enumerated() {
      var row = 0
      while row < file.count {
        try file.slots(row..<min(row + SlotWalk.slotsAtOnce, file.count), into: &slots)
        for slot in slots {
          if slot >= start, slot < end { places[Int(slot - start)] = RowRuns.place(file: index, row: row) }
          row += 1
        }
      }
    }
    start = end
    return RowRuns(places: places)
  }
}
