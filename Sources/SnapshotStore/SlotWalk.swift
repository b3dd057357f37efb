/// Neighbouring rows of one file of a chain that are also neighbours in the order of slots.
struct RowRun: Equatable {
  /// The file's index in the chain.
  var file: Int
  var rows: Range<Int>
}

/// A walk over the rows of a chain in the order of their slots, each slot's newest row alone, whatever the order in
/// which the files hold them. For what is not hurried (exports, tables of another size): every step passes over the
/// slots of all files, and holds 8 bytes for each slot of a window.
struct SlotWalk {
  private let files: [RowFile]
  private let tableSlots: UInt64
  private let window: UInt64
  private var start: UInt64 = 0
  private static let rowBits: UInt64 = 40
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
  mutating func next() throws(SnapshotProblem) -> [RowRun]? {
    guard start < tableSlots else { return nil }
    let end = min(start + window, tableSlots)
    // For each slot the file's index and the row in it, and one more, so that 0 is none.
    var places = [UInt64](repeating: 0, count: Int(end - start))
    var slots: [UInt64] = []
    for (index, file) in files.enumerated() {
      var row = 0
      while row < file.count {
        try file.slots(row..<min(row + SlotWalk.slotsAtOnce, file.count), into: &slots)
        for slot in slots {
          if slot >= start, slot < end {
            places[Int(slot - start)] = UInt64(index) << SlotWalk.rowBits + UInt64(row) + 1
          }
          row += 1
        }
      }
    }
    start = end
    return SlotWalk.runs(places)
  }

  private static func runs(_ places: [UInt64]) -> [RowRun] {
    var runs: [RowRun] = []
    for place in places where place > 0 {
      let file = Int((place - 1) >> rowBits)
      let row = Int((place - 1) & (1 << rowBits - 1))
      if let last = runs.indices.last, runs[last].file == file, runs[last].rows.upperBound == row {
        runs[last].rows = runs[last].rows.lowerBound..<row + 1
      } else {
        runs.append(RowRun(file: file, rows: row..<row + 1))
      }
    }
    return runs
  }
}
