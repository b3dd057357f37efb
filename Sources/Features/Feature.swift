/// One encoded feature of an event: what the learner and the scorer both work on.
///
/// A feature is the pair (field name, value) hashed to 64 bits, the number `x` it contributes, and the position of its
/// field in the schema. The hash names the feature; two features with equal hashes are the same feature.
public struct Feature: Equatable, Hashable, Sendable {
  /// The seeded 64-bit hash of (field name, canonical value text); see `Docs/Features.md`.
  public var hash: UInt64

  /// `x_i` of the model: 1 for a plain categorical value, the transformed number for a numeric one. Always finite.
  public var value: Float

  /// The position of the feature's field in the schema's list of fields (crosses follow the fields proper).
  public var field: UInt16

  /// Makes a feature of its three parts.
  public init(hash: UInt64, value: Float, field: UInt16) {
    self.hash = hash
    self.value = value
    self.field = field
  }
}
