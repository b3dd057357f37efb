/// What a context has taken of the schema, for the candidates that are encoded beside it.
public struct EncodedContext: Sendable {
  /// A feature of the context that is part of a cross that is left to the candidates, with what else its field keeps of
  /// it.
  struct Part: Sendable {
    var field: Int
    var hash: UInt64
    var number: Int64
  }

  /// The fields that are left to the candidates: those whose value the context does not have, and crosses of which it
  /// does not have all parts.
  var openFields: [Int] = []

  /// The fields whose value the context has.
  var takenFields: [Int] = []

  /// The context's parts of crosses.
  var parts: [Part] = []

  /// The number of its features.
  var featureCount = 0

  /// Pairs among its features that are not formed.
  var pairsLeftOut = 0

  /// Makes an empty context.
  public init() {}
}
