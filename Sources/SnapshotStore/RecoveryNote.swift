/// Something that a start found and an operator should know: a sentence.
public struct RecoveryNote: Equatable, Sendable, CustomStringConvertible {
  /// Whether something is not as it was written: an error, whatever was done about it.
  public var isDamage: Bool

  /// The sentence.
  public var text: String

  /// Something to know.
  public static func notice(_ text: String) -> RecoveryNote { RecoveryNote(isDamage: false, text: text) }

  /// Something that is not as it was written.
  public static func damage(_ text: String) -> RecoveryNote { RecoveryNote(isDamage: true, text: text) }

  /// The sentence.
  public var description: String { text }
}
