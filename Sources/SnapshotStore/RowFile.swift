import AttentionalFM

/// The rows in one file of a model, in the order of the file: all, or those that changed since the file before it.
struct RowFile: Sendable {
  let file: SafetensorsFile
  let embeddingSize: Int

  /// The number of slots of the table that the rows were saved from.
  let tableSlots: UInt64

  /// The number of rows in the file.
  let count: Int

  private let columns: [(column: RowColumn, place: TensorPlace)]

  init(_ file: SafetensorsFile, embeddingSize k: Int) throws(SnapshotProblem) {
    self.file = file
    embeddingSize = k
    tableSlots = try file.number("table_slots")
    count = file[RowColumn.slot.rawValue]?.shape.first ?? 0
    var columns: [(column: RowColumn, place: TensorPlace)] = []
    for column in RowColumn.present(embeddingSize: k) {
      let shape = column.shape(rows: count, embeddingSize: k)
      columns.append((column, try file.place(column.rawValue, column.type, shape)))
    }
    self.columns = columns
  }

  /// Adds some of the rows to a segment.
  func append(_ rows: Range<Int>, to segment: inout RowSegment) throws(SnapshotProblem) {
    guard rows.lowerBound >= 0, rows.upperBound <= count else {
      throw SnapshotProblem(.misuse, "\(file.path) has \(count) rows, not \(rows)")
    }
    for (column, place) in columns {
      switch column {
      case .slot: try append(rows, place, 1, 0, to: &segment.slot)
      case .hash: try append(rows, place, 1, 0, to: &segment.hash)
      case .lastSeen: try append(rows, place, 1, 0, to: &segment.lastSeen)
      case .weight: try append(rows, place, 1, 0, to: &segment.weight)
      case .accumulator: try append(rows, place, 1, 0, to: &segment.accumulator)
      case .embedding: try append(rows, place, embeddingSize, 0, to: &segment.embedding)
      case .embeddingAccumulator: try append(rows, place, embeddingSize, 0, to: &segment.embeddingAccumulator)
      }
    }
  }

  /// Reads the slots of some of the rows.
  func slots(_ rows: Range<Int>, into slots: inout [UInt64]) throws(SnapshotProblem) {
    slots.removeAll(keepingCapacity: true)
    for (column, place) in columns where column == .slot { try append(rows, place, 1, 0, to: &slots) }
  }

  private func append<Element>(
    _ rows: Range<Int>, _ place: TensorPlace, _ width: Int, _ zero: Element, to array: inout [Element]
  ) throws(SnapshotProblem) {
    let start = array.count
    array.append(contentsOf: repeatElement(zero, count: rows.count * width))
    try array.withUnsafeMutableBufferPointer { (buffer) throws(SnapshotProblem) in
      try file.read(
        place, from: UInt64(rows.lowerBound * width * place.type.size),
        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[start...])))
    }
  }
}
