/// Something that a run did not measure.
public struct Skip: Codable, Equatable, Sendable, CustomStringConvertible {
  /// What, in words.
  public var name: String
  /// Why, and what to do about it.
  public var reason: String
  /// What the names of the figures that are missing for it begin with.
  public var beginnings: [String]
  /// Whether what the machine lacks is the reason; otherwise the measurement failed, which a check does not pass.
  public var isExcused: Bool

  /// Makes one; see its parts.
  public init(name: String, reason: String, beginnings: [String], isExcused: Bool = true) {
    self.name = name
    self.reason = reason
    self.beginnings = beginnings
    self.isExcused = isExcused
  }

  /// What and why.
  public var description: String { "\(name): \(reason)" }

  /// Whether it is why a figure is missing.
  public func covers(_ figure: String) -> Bool { beginnings.contains { figure.hasPrefix($0) } }
}
