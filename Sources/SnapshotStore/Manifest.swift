import AttentionalFM
import EventSources

/// Why a snapshot was taken.
public enum SnapshotReason: String, Codable, Sendable, CaseIterable {
  /// The first of a fresh model.
  case start
  /// So many seconds or events had passed.
  case interval
  /// An operator asked.
  case request
  /// A clean shutdown.
  case shutdown
  /// A rollback; such a snapshot is a manifest that refers to another's files.
  case rollback
  /// It was fitted to files, and has no position in a source.
  case fit
}

/// What becomes of the position in the stream when the model is rolled back.
public enum RollbackMode: String, Codable, Sendable, CaseIterable {
  /// Reading goes on where it stands: what was learned since the snapshot is skipped for good.
  case keep
  /// Reading goes back to the snapshot's position: what came since is learned again.
  case rewind
}

/// What the learner says of a snapshot it takes; the store adds the rest of the manifest.
public struct SnapshotFacts: Equatable, Sendable {
  /// Why it is taken.
  public var reason: SnapshotReason
  /// Events learned by the model.
  public var eventsLearned: UInt64
  /// Where learning stands in its source, with the counts and sums of what was learned; nil without a source.
  public var position: SourcePosition?
  /// Offsets ahead of the position that must not be learned.
  public var skips: [SkippedRange]
  /// The model's configuration.
  public var model: ModelConfiguration
  /// The fingerprint of the schema.
  public var schemaFingerprint: String
  /// The schema, as its own coding writes it.
  public var schema: EmbeddedJSON?
  /// A summary of progressive validation, for people and lists; the exact state is a section.
  public var progressive: EmbeddedJSON?
  /// The family of arithmetic the model was learned with: `fused` or `unfused`.
  public var arithmetic: String
  /// The version of the software.
  public var software: String

  /// Makes the facts of a snapshot.
  public init(
    reason: SnapshotReason, eventsLearned: UInt64, position: SourcePosition?, skips: [SkippedRange] = [],
    model: ModelConfiguration, schemaFingerprint: String, schema: EmbeddedJSON? = nil,
    progressive: EmbeddedJSON? = nil, arithmetic: String, software: String
  ) {
    self.reason = reason
    self.eventsLearned = eventsLearned
    self.position = position
    self.skips = skips
    self.model = model
    self.schemaFingerprint = schemaFingerprint
    self.schema = schema
    self.progressive = progressive
    self.arithmetic = arithmetic
    self.software = software
  }
}

/// The `manifest.json` of a snapshot: everything about it but the numbers of the model.
///
/// `Docs/Snapshots.md` names every member. Keys are in snake case and sorted.
public struct Manifest: Codable, Equatable, Sendable {
  /// The version of the directory's format: 1 where one file holds the whole model, 2 where several do, 3 where the
  /// model has field-pair weights, without which software that does not know them would compute other scores.
  public var formatVersion: Int
  /// The snapshot's number, never used twice.
  public var id: UInt64
  /// The snapshot that the model descended from when this one was taken; nil for the first.
  public var parent: UInt64?
  /// For an incremental snapshot: the one whose rows it completes with those that changed since.
  public var base: UInt64?
  /// The number of the line of descent: one more after every rollback and every change of arithmetic.
  public var line: UInt64
  /// When it was written, RFC 3339 in UTC. Nothing depends on it.
  public var created: String
  /// Why it was taken.
  public var reason: SnapshotReason
  /// For a rollback: from where, to where, and what it skipped.
  public var rollback: Rollback?
  /// Events learned by the model.
  public var eventsLearned: UInt64
  /// Where learning goes on in its source.
  public var position: SourcePosition?
  /// Offsets ahead of the position that must not be learned.
  public var skips: [SkippedRange]
  /// The model's configuration.
  @SeedAsText public var model: ModelConfiguration
  /// The fingerprint of the schema.
  public var schemaFingerprint: String
  /// The schema.
  public var schema: EmbeddedJSON?
  /// A summary of progressive validation.
  public var progressive: EmbeddedJSON?
  /// The family of arithmetic the model was learned with.
  public var arithmetic: String
  /// The version of the software that wrote it.
  public var software: String
  /// The files that hold the model: a full one, followed, in this order, by those with the rows that changed since the
  /// one before. Each of them but the last, and with a rollback also the last, belongs to another snapshot.
  public var files: [File]
  /// XXH3-128 of the manifest's bytes with these 32 digits written as zeros.
  public var manifestChecksum = Manifest.noChecksum

  /// A file that belongs to a snapshot.
  public struct File: Codable, Equatable, Sendable {
    /// What it is: `model.safetensors`.
    public var name: String
    /// Where it is, relative to the manifest's directory: the name itself, or `../000041/model.safetensors` where the
    /// manifest refers to another snapshot's file.
    public var path: String
    /// Its length in bytes.
    public var size: UInt64
    /// XXH3-128 of its bytes, as `xxhsum -H2` prints it.
    public var checksum: String
    /// The rows of the embedding table in it; nil where an older version wrote it.
    public var rows: UInt64?
  }

  /// What a rollback did.
  public struct Rollback: Codable, Equatable, Sendable {
    /// The snapshot that was current before; nil where there was none.
    public var from: UInt64?
    /// The snapshot whose model it went back to.
    public var to: UInt64
    /// What became of the position.
    public var mode: RollbackMode
    /// With `keep`: the offsets between the snapshot's position and the one that was kept.
    public var skipped: [SkippedRange]
    /// The order journal's line that learning goes on with, where no position says it.
    public var journal: JournalMark?
  }

  static let noChecksum = String(repeating: "0", count: 32)

  /// The newest format that this software reads.
  static let newestVersion = 3

  /// The entries of the files that hold the model, a full one first.
  public var modelFiles: [File] {
    files.filter { $0.name == SnapshotNames.model }
  }

  /// The bytes of all files, in this snapshot's directory or elsewhere.
  public var totalSize: UInt64 {
    files.reduce(0) { $0 &+ $1.size }
  }

  /// The files in the snapshot's own directory: one, or none for a rollback.
  public var ownFiles: [File] {
    files.filter { $0.path == $0.name }
  }

  /// The rows of the embedding table that were written for this snapshot; nil for a rollback, and where an older version
  /// wrote it.
  public var ownRows: UInt64? {
    ownFiles.first?.rows
  }

  /// The bytes that were written for this snapshot.
  public var ownSize: UInt64 {
    ownFiles.reduce(0) { $0 &+ $1.size }
  }
}

/// A configuration whose seed is written as a decimal string: JSON readers that hold numbers as doubles would change it.
@propertyWrapper
public struct SeedAsText: Codable, Equatable, Sendable {
  /// The configuration.
  public var wrappedValue: ModelConfiguration

  /// Wraps a configuration.
  public init(wrappedValue: ModelConfiguration) {
    self.wrappedValue = wrappedValue
  }

  /// Reads a configuration whose `seed` is a string.
  public init(from decoder: any Decoder) throws {
    var json = try EmbeddedJSON(from: decoder)
    if case .object(var members) = json, case .string(let text)? = members["seed"], let seed = UInt64(text) {
      members["seed"] = .unsigned(seed)
      json = .object(members)
    }
    let bytes = try ManifestJSON.plainEncoder().encode(json)
    wrappedValue = try ManifestJSON.decoder().decode(ModelConfiguration.self, from: bytes)
  }

  /// Writes the configuration with its `seed` as a string.
  public func encode(to encoder: any Encoder) throws {
    try json().encode(to: encoder)
  }

  func json() throws -> EmbeddedJSON {
    let bytes = try ManifestJSON.encoder().encode(wrappedValue)
    guard case .object(var members) = try ManifestJSON.plainDecoder().decode(EmbeddedJSON.self, from: bytes) else {
      throw SnapshotProblem(.misuse, "a model's configuration is not a JSON object")
    }
    members["seed"] = .string(String(wrappedValue.seed))
    return .object(members)
  }
}

extension Manifest {
  init(id: UInt64, parent: UInt64?, base: UInt64?, line: UInt64, facts: SnapshotFacts, files: [File]) {
    self.init(
      formatVersion: facts.model.weighsFieldPairs ? 3 : files.count > 1 ? 2 : 1, id: id, parent: parent, base: base,
      line: line, created: ManifestJSON.now(), reason: facts.reason, rollback: nil,
      eventsLearned: facts.eventsLearned, position: facts.position, skips: facts.skips, model: facts.model,
      schemaFingerprint: facts.schemaFingerprint, schema: facts.schema, progressive: facts.progressive,
      arithmetic: facts.arithmetic, software: facts.software, files: files)
  }
}
