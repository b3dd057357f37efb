import AttentionalFM

/// The names of files and tensors, in one place.
enum SnapshotNames {
  static let model = "model.safetensors"
  static let manifest = "manifest.json"
  static let current = "CURRENT"
  static let lineage = "lineage.log"
  static let pinned = "PINNED"
  static let temporaryPrefix = "tmp-"
  static let deletedPrefix = "deleted-"
  static let damagedSuffix = ".damaged"

  /// The directory of a snapshot: its number with six digits or more.
  static func directory(_ id: UInt64) -> String {
    let digits = String(id)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// No daemon lives to give out more numbers than this, and every JSON reader holds it exactly; a longer one in a
  /// name is nobody's.
  static let highestID: UInt64 = 1 << 53

  /// The number that a directory's name stands for; nil for anything that is not such a name exactly.
  static func id(_ name: some StringProtocol) -> UInt64? {
    guard let id = UInt64(name), id < highestID, directory(id) == name else { return nil }
    return id
  }

  /// The number in any name made of a snapshot's, so that none is used again.
  static func idInside(_ name: String) -> UInt64? {
    var part = Substring(name)
    for prefix in [temporaryPrefix, deletedPrefix] where part.hasPrefix(prefix) { part = part.dropFirst(prefix.count) }
    if let dot = part.firstIndex(of: ".") { part = part[..<dot] }
    return id(part)
  }
}

/// The columns of the embedding table in a snapshot's file: one element, or one embedding, for each claimed row.
public enum RowColumn: String, CaseIterable, Sendable {
  /// The row's place in the table it was saved from.
  case slot = "rows.slot"
  /// The feature's full 64-bit hash.
  case hash = "rows.hash"
  /// The logical clock (events learned / 1024) when the feature was last seen.
  case lastSeen = "rows.last_seen"
  /// `w_i`.
  case weight = "linear.weight"
  /// The Adagrad sum of `w_i`.
  case accumulator = "linear.accumulator"
  /// `v_i`, k numbers; absent in linear models.
  case embedding = "embedding.weight"
  /// The Adagrad sums of `v_i`, k numbers; absent in linear models.
  case embeddingAccumulator = "embedding.accumulator"

  var type: TensorType {
    switch self {
    case .slot, .hash: .unsigned64
    case .lastSeen: .unsigned32
    default: .float32
    }
  }

  func shape(rows: Int, embeddingSize: Int) -> [Int] {
    isEmbedding ? [rows, embeddingSize] : [rows]
  }

  var isEmbedding: Bool { self == .embedding || self == .embeddingAccumulator }

  /// The bytes of one row.
  static func bytes(embeddingSize k: Int) -> Int {
    present(embeddingSize: k).reduce(0) { $0 + $1.type.size * $1.width(embeddingSize: k) }
  }

  func width(embeddingSize: Int) -> Int { isEmbedding ? embeddingSize : 1 }

  /// The column of a segment that it is.
  var inSegment: RowSegment.Column {
    switch self {
    case .slot: .slot
    case .hash: .hash
    case .lastSeen: .lastSeen
    case .weight: .weight
    case .accumulator: .accumulator
    case .embedding: .embedding
    case .embeddingAccumulator: .embeddingAccumulator
    }
  }

  /// The column that a segment's is saved as.
  init(_ column: RowSegment.Column) {
    self =
      switch column {
      case .slot: .slot
      case .hash: .hash
      case .lastSeen: .lastSeen
      case .weight: .weight
      case .accumulator: .accumulator
      case .embedding: .embedding
      case .embeddingAccumulator: .embeddingAccumulator
      }
  }

  static func present(embeddingSize: Int) -> [RowColumn] {
    allCases.filter { embeddingSize > 0 || !$0.isEmbedding }
  }
}
