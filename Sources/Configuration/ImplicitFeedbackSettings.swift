/// How negatives are drawn where only positive events are logged.
public struct ImplicitFeedbackSettings: Equatable, Sendable {
  /// The field whose value is drawn.
  public var field: String
  /// The fields whose values go with it.
  public var with: [String]
  /// Negatives for each positive.
  public var negatives: Int
  /// How many distinct values are kept to draw from.
  public var reservoir: Int
  /// A value is drawn by how often it was seen, to this power.
  public var power: Double
  /// The field that names the user; nil for none.
  public var user: String?
  /// How many users are remembered.
  public var users: Int
  /// How many values are remembered of each.
  public var recent: Int
}
