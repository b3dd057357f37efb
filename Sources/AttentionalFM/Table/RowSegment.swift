// Unsafe memory: bytes of a column are viewed within its rows, during one call.

import CAFMKernels

/// Some claimed rows of the embedding table, as columns: what snapshots are written from and read into.
///
/// The rows stand in any order: those that changed while a snapshot was taken come before their turn. In a table of as
/// many slots as the one they were copied from they return to the same slots.
public struct RowSegment: Sendable {
  /// The columns; a row has one entry in each, or one embedding.
  public enum Column: String, CaseIterable, Sendable {
    /// The row's slot.
    case slot
    /// The row's feature.
    case hash
    /// Events learned / 1024 when the feature was last learned.
    case lastSeen
    /// `w`.
    case weight
    /// Adagrad's sum for `w`.
    case accumulator
    /// `v`, `k` numbers.
    case embedding
    /// Adagrad's sums for `v`, `k` numbers.
    case embeddingAccumulator

    /// The bytes that one row takes in the column.
    public func rowBytes(embeddingSize: Int) -> Int {
      switch self {
      case .slot, .hash: 8
      case .lastSeen, .weight, .accumulator: 4
      case .embedding, .embeddingAccumulator: 4 * embeddingSize
      }
    }
  }

  /// One row.
  public struct Row: Equatable, Sendable {
    /// The row's slot.
    public var slot: UInt64
    /// The row's feature.
    public var hash: UInt64
    /// Events learned / 1024 when the feature was last learned.
    public var lastSeen: UInt32
    /// `w`.
    public var weight: Float
    /// Adagrad's sum for `w`.
    public var accumulator: Float
    /// `v`.
    public var embedding: [Float]
    /// Adagrad's sums for `v`.
    public var embeddingAccumulator: [Float]

    /// Makes a row.
    public init(
      slot: UInt64, hash: UInt64, lastSeen: UInt32, weight: Float, accumulator: Float, embedding: [Float],
      embeddingAccumulator: [Float]
    ) {
      self.slot = slot
      self.hash = hash
      self.lastSeen = lastSeen
      self.weight = weight
      self.accumulator = accumulator
      self.embedding = embedding
      self.embeddingAccumulator = embeddingAccumulator
    }
  }

  /// The number of slots of the table the rows are of.
  public private(set) var tableSlots: UInt64

  private(set) var memory: RowMemory

  /// For a sweep, which has taken the segment away from everybody else.
  package var columns: UnsafeMutablePointer<afm_row_columns> { memory.columns }

  /// `k` of the table the rows are of.
  public var embeddingSize: Int { memory.embeddingSize }

  /// The number of rows.
  public var count: Int { memory.count }

  /// How many rows there is room for before memory is allocated.
  public var capacity: Int { memory.capacity }

  /// Makes an empty segment.
  ///
  /// - Parameters:
  ///   - embeddingSize: `k`.
  ///   - tableSlots: the number of slots of the table the rows are of.
  ///   - capacity: for how many rows there is room.
  public init(embeddingSize: Int = 0, tableSlots: UInt64 = 0, capacity: Int = 0) {
    self.tableSlots = tableSlots
    memory = RowMemory(embeddingSize: embeddingSize, capacity: capacity)
  }

  /// The bytes that one row takes.
  public static func rowBytes(embeddingSize: Int) -> Int {
    Column.allCases.reduce(0) { $0 + $1.rowBytes(embeddingSize: embeddingSize) }
  }

  /// Takes all rows out, and takes the shape of another table's.
  public mutating func reset(embeddingSize: Int, tableSlots: UInt64) {
    if embeddingSize != self.embeddingSize {
      memory = RowMemory(embeddingSize: embeddingSize, capacity: capacity)
    }
    removeAll()
    self.tableSlots = tableSlots
  }

  /// Takes all rows out and keeps the memory.
  public mutating func removeAll() {
    if !isKnownUniquelyReferenced(&memory) {
      memory = RowMemory(embeddingSize: embeddingSize, capacity: capacity)
    }
    memory.columns.pointee.count = 0
  }

  /// Makes room for so many rows in all, so that filling it allocates nothing.
  public mutating func reserve(_ rows: Int) {
    if rows <= capacity, isKnownUniquelyReferenced(&memory) { return }
    memory = memory.copy(capacity: max(rows, capacity))
  }

  /// Adds a row; its embeddings have ``embeddingSize`` numbers each.
  public mutating func append(_ row: Row) {
    precondition(
      row.embedding.count == embeddingSize && row.embeddingAccumulator.count == embeddingSize,
      "a row of another embedding size")
    reserve(count < capacity ? capacity : max(16, 2 * capacity))
    let n = count
    let columns = memory.columns
    columns.pointee.slot[n] = row.slot
    columns.pointee.hash[n] = row.hash
    columns.pointee.last_seen[n] = row.lastSeen
    columns.pointee.weight[n] = row.weight
    columns.pointee.accumulator[n] = row.accumulator
    for d in 0..<embeddingSize {
      columns.pointee.embedding[n * embeddingSize + d] = row.embedding[d]
      columns.pointee.embedding_accumulator[n * embeddingSize + d] = row.embeddingAccumulator[d]
    }
    columns.pointee.count += 1
  }

  /// A row, copied.
  public subscript(index: Int) -> Row {
    precondition(index >= 0 && index < count, "no such row")
    let columns = memory.columns.pointee
    let k = embeddingSize
    return Row(
      slot: columns.slot[index], hash: columns.hash[index], lastSeen: columns.last_seen[index],
      weight: columns.weight[index], accumulator: columns.accumulator[index],
      embedding: Array(UnsafeBufferPointer(start: columns.embedding + index * k, count: k)),
      embeddingAccumulator: Array(UnsafeBufferPointer(start: columns.embedding_accumulator + index * k, count: k)))
  }

  /// All rows, copied.
  public var rows: [Row] { (0..<count).map { self[$0] } }

  /// The column that holds a number that is not finite, or a sum that is negative; nil where all is well.
  public var notFinite: Column? { memory.notFinite }

  /// Views the bytes of a column, row after row, in the machine's byte order.
  public func withBytes<Result, Failure: Error>(
    of column: Column, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(
      UnsafeRawBufferPointer(
        start: memory.base(of: column), count: count * column.rowBytes(embeddingSize: embeddingSize)))
  }

  /// Adds rows whose columns are filled by somebody else.
  ///
  /// - Parameters:
  ///   - rows: how many rows there are to be added.
  ///   - body: fills all bytes that they take in a column; called once for each column. Where it throws, none is added.
  public mutating func append<Failure: Error>(
    rows: Int, filling body: (Column, UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let start = count
    reserve(start + rows)
    for column in Column.allCases {
      let width = column.rowBytes(embeddingSize: embeddingSize)
      if rows * width == 0 { continue }
      try body(
        column, UnsafeMutableRawBufferPointer(start: memory.base(of: column) + start * width, count: rows * width))
    }
    memory.columns.pointee.count = Int64(start + rows)
  }

  /// Asks the system for all of the memory now rather than when rows come; takes all rows out.
  public mutating func touch() {
    removeAll()
    memory.touch()
  }
}

extension RowSegment: Equatable {
  /// Whether both hold the same rows, bit for bit, in the same order.
  public static func == (a: RowSegment, b: RowSegment) -> Bool {
    a.tableSlots == b.tableSlots && a.embeddingSize == b.embeddingSize && a.count == b.count
      && Column.allCases.allSatisfy { column in
        a.withBytes(of: column) { left in b.withBytes(of: column) { left.elementsEqual($0) } }
      }
  }
}

extension RowSegment {
  /// Each row's slot, copied.
  public var slot: [UInt64] { array(.slot) }
  /// Each row's feature, copied.
  public var hash: [UInt64] { array(.hash) }

  private func array<Element: BitwiseCopyable>(_ column: Column) -> [Element] {
    withBytes(of: column) { Array($0.bindMemory(to: Element.self)) }
  }
}
