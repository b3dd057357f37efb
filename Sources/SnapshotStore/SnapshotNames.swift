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
extension RowSegment.Column {
  /// The name of the tensor that holds it.
  var tensorName: String {
    switch self {
    case .slot: "rows.slot"
    case .hash: "rows.hash"
    case .lastSeen: "rows.last_seen"
    case .weight: "linear.weight"
    case .accumulator: "linear.accumulator"
    case .embedding: "embedding.weight"
    case .embeddingAccumulator: "embedding.accumulator"
    }
  }

  /// The column that a tensor holds; nil where it holds something else.
  init?(tensorName: String) {
    guard let column = RowSegment.Column.allCases.first(where: { $0.tensorName == tensorName }) else { return nil }
    self = column
  }

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

  private var isEmbedding: Bool { self == .embedding || self == .embeddingAccumulator }

  /// The columns of a model's file: linear models have no embeddings.
  static func present(embeddingSize: Int) -> [RowSegment.Column] {
    allCases.filter { embeddingSize > 0 || !$0.isEmbedding }
  }
}
