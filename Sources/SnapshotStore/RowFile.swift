import AttentionalFM

/// The rows in one file of a model, in the order of the file: all, or those that changed since the file before it.
struct RowFile: Sendable {
  let file: SafetensorsFile
  let embeddingSize: Int

  /// The number of slots of the table that the rows were saved from.
  let tableSlots: UInt64

  /// The number of rows in the file.
  let count: Int

  private let columns: [(column: RowSegment.Column, place: TensorPlace)]

  init(_ file: SafetensorsFile, embeddingSize k: Int) throws(SnapshotProblem) {
    self.file = file
    embeddingSize = k
    tableSlots = try file.number("table_slots")
    count = file[RowSegment.Column.slot.tensorName]?.shape.first ?? 0
    var columns: [(column: RowSegment.Column, place: TensorPlace)] = []
    for column in RowSegment.Column.present(embeddingSize: k) {
      let shape = column.shape(rows: count, embeddingSize: k)
      columns.append((column, try file.place(column.tensorName, column.type, shape)))
    }
    self.columns = columns
  }

  /// Adds some of the rows to a segment.
  func append(_ rows: Range<Int>, to segment: inout RowSegment) throws(SnapshotProblem) {
    guard rows.lowerBound >= 0, rows.upperBound <= count else {
      throw SnapshotProblem(.misuse, "\(file.path) has \(count) rows, not \(rows)")
    }
    try segment.append(rows: rows.count) { (column, bytes) throws(SnapshotProblem) in
      guard let place = columns.first(where: { $0.column == column })?.place else { return }
      try file.read(place, from: UInt64(rows.lowerBound * column.rowBytes(embeddingSize: embeddingSize)), into: bytes)
    }
  }

  /// Reads the slots of some of the rows.
  func slots(_ rows: Range<Int>, into slots: inout [UInt64]) throws(SnapshotProblem) {
    guard rows.lowerBound >= 0, rows.upperBound <= count else {
      throw SnapshotProblem(.misuse, "\(file.path) has \(count) rows, not \(rows)")
    }
    guard let place = columns.first(where: { $0.column == .slot })?.place else { return }
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(0, count: rows.count))
    try slots.withUnsafeMutableBufferPointer { (buffer) throws(SnapshotProblem) in
      try file.read(place, from: UInt64(rows.lowerBound * 8), into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}
