/// What is wrong although a source delivers.
public enum SourceFlaw: Equatable, Sendable, CustomStringConvertible {
  /// It passed records over.
  case passedOver(String)
  /// Whether it is still what was learned from could not be found out.
  case unchecked(String)

  /// What, where, and what to do: a sentence or two for the operator.
  public var description: String {
    switch self {
    case .passedOver(let text), .unchecked(let text): text
    }
  }
}
