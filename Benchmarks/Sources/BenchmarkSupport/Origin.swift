/// Which run measured something, and with what.
public struct Origin: Codable, Equatable, Sendable {
  /// The day, year-month-day in UTC.
  public var date: String
  /// The processor.
  public var machine: String
  /// What it measured with, where that differs between machines.
  public var data: String?
  /// What the core could do in that run.
  public var reference: Reference

  /// Makes one; see its parts.
  public init(date: String, machine: String, data: String?, reference: Reference) {
    self.date = date
    self.machine = machine
    self.data = data
    self.reference = reference
  }
}
