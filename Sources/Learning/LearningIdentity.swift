import AttentionalFM
import FeatureEncoding
import SnapshotStore

/// What is learned, with which arithmetic and by which software: written into every snapshot, compared at every start.
public struct LearningIdentity: Sendable {
  /// The model's configuration.
  public let model: ModelConfiguration

  /// The schema of the events.
  public let schema: Schema

  /// The arithmetic in use.
  public let kernels: Kernels

  /// The version of the software.
  public let software: String

  package let embeddedSchema: EmbeddedJSON

  /// Makes an identity.
  ///
  /// - Throws: `misuse` where the schema cannot be written as JSON.
  public init(
    model: ModelConfiguration, schema: Schema, kernels: Kernels = .preferred, software: String
  ) throws(SnapshotProblem) {
    self.model = model
    self.schema = schema
    self.kernels = kernels
    self.software = software
    embeddedSchema = try EmbeddedJSON(encoding: schema)
  }

  /// Throws where a snapshot was learned under a schema that means something else.
  package func check(_ manifest: Manifest) throws(SnapshotProblem) {
    guard manifest.schemaFingerprint != schema.fingerprint, let saved = manifest.schema else { return }
    let differences = schema.differences(from: try saved.decode(Schema.self))
    guard differences.isEmpty else {
      throw SnapshotProblem(
        .incompatible,
        "snapshot \(manifest.id) was learned under another schema: "
          + differences.map(\.description).joined(separator: "; "))
    }
  }
}
