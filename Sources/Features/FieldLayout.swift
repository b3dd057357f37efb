/// What the model must know about the schema's fields: their names, and whether features of one field form pairs.
///
/// The position of a field in `names` is the `field` of its features. The field-pair prior keeps one number for each
/// unordered pair of fields, and snapshots key those numbers by name.
public struct FieldLayout: Equatable, Hashable, Codable, Sendable {
  /// The names of the fields, unique, in the schema's order.
  public var names: [String]

  /// For each field, whether two of its own features form a pair. Only list fields ever have two.
  public var formsPairsWithinItself: [Bool]

  /// The number of fields.
  public var count: Int { names.count }

  /// Makes a layout; `formsPairsWithinItself` is true for every field unless given.
  ///
  /// - Precondition: where both lists are given they are of one length.
  public init(names: [String], formsPairsWithinItself: [Bool]? = nil) {
    self.names = names
    self.formsPairsWithinItself = formsPairsWithinItself ?? Array(repeating: true, count: names.count)
    precondition(self.formsPairsWithinItself.count == names.count, "one flag for each field")
  }
}
