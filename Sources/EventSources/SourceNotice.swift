/// Something that a source has to tell whoever keeps the log.
public struct SourceNotice: Equatable, Sendable {
  /// How much it matters.
  public enum Level: Int, Sendable, Comparable {
    /// Of use only to whoever looks for a fault.
    case debug
    /// Good to know.
    case info
    /// Something is not as it should be, and the source goes on.
    case warning
    /// Something keeps the source from going on.
    case error

    /// By severity.
    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  /// How much it matters.
  public var level: Level

  /// A sentence.
  public var message: String

  /// Makes a notice.
  public init(_ level: Level, _ message: String) {
    self.level = level
    self.message = message
  }
}
