import AttentionalFM

/// What a snapshot needs of a model besides the rows of its table: copied by the learner between two events.
public struct ModelState: Equatable, Sendable {
  /// The model's configuration.
  public var configuration: ModelConfiguration
  /// Events learned.
  public var eventsLearned: UInt64
  /// The number of slots of the table.
  public var tableSlots: UInt64
  /// The counters of the table; `claimed` is the number of rows that will follow.
  public var counters: EmbeddingTable.Counters
  /// The dense parameters and their Adagrad sums.
  public var dense: [NamedTensor]

  /// Copies the state of a model.
  public init(_ model: Model) {
    configuration = model.configuration
    eventsLearned = model.eventsLearned
    tableSlots = model.table.slotCount
    counters = model.table.counters
    dense = model.denseTensors
  }
}

/// The strings in the header of a model's file: enough for a reader without a manifest, and nothing that depends on
/// when or how the snapshot was taken.
enum ModelMetadata {
  /// The version of a file that holds a whole model.
  static let fullVersion = "1"

  /// The version of a file that holds only the rows that changed: readers of whole models must refuse it.
  static let changedVersion = "2"

  static let versionKey = "format_version"

  /// How many slots of the table are claimed: in files that hold fewer rows.
  static let claimedKey = "table_claimed"

  /// The metadata of a whole model's file, of those of any file.
  static func full(_ metadata: [String: String]) -> [String: String] {
    var metadata = metadata
    metadata[versionKey] = fullVersion
    metadata[claimedKey] = nil
    return metadata
  }

  /// The metadata of a file that holds only the rows that changed.
  static func changed(_ state: ModelState) throws(SnapshotProblem) -> [String: String] {
    var metadata = try full(state)
    metadata[versionKey] = changedVersion
    metadata[claimedKey] = String(state.counters.claimed)
    return metadata
  }

  static func full(_ state: ModelState) throws(SnapshotProblem) -> [String: String] {
    let configuration = state.configuration
    var metadata = [
      "format": "afmd model",
      versionKey: fullVersion,
      "kind": configuration.kind.rawValue,
      "k": String(configuration.effectiveEmbeddingSize),
      "t": String(configuration.effectiveAttentionSize),
      "attention_scale": configuration.attentionScale.rawValue,
      "loss": configuration.loss.rawValue,
      "field_pair_prior": String(configuration.fieldPairPrior),
      "fields": try text(configuration.layout.names),
      "pairs_within_field": try text(configuration.layout.formsPairsWithinItself),
      "seed": String(configuration.seed),
      "configuration": try text(SeedAsText(wrappedValue: configuration)),
      "events_learned": String(state.eventsLearned),
      "table_slots": String(state.tableSlots),
      "table_evicted": String(state.counters.evicted),
      "table_dropped": String(state.counters.dropped),
    ]
    if configuration.weighsFieldPairs { metadata["field_pair_weights"] = "true" }
    return metadata
  }

  private static func text(_ value: some Encodable) throws(SnapshotProblem) -> String {
    do {
      return String(decoding: try ManifestJSON.plainEncoder().encode(value), as: UTF8.self)
    } catch {
      throw SnapshotProblem(.misuse, "the model's configuration cannot be written as JSON: \(error)")
    }
  }
}
