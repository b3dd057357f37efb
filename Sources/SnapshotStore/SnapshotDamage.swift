/// A current snapshot that could not be started from, and what was done.
public struct SnapshotDamage: Equatable, Sendable {
  /// The snapshot that was current.
  public var snapshot: UInt64

  /// The ancestor that was taken instead.
  public var taken: UInt64

  /// How many events fewer the ancestor has learned; nil where it is not known.
  public var events: UInt64?

  /// All snapshots that were found damaged and set aside, or unreadable and left, newest first.
  public var found: [UInt64]

  /// What was wrong with each of them, as far as this start has seen it.
  public var details: [String]

  /// A sentence or two for the operator.
  public var description: String {
    let cost = events.map { "\($0) events" } ?? "an unknown number of events"
    let reason = details.isEmpty ? "" : " (\(details.joined(separator: "; ")))"
    return "snapshot \(snapshot) is damaged or cannot be read\(reason): snapshot \(taken) was taken instead, which "
      + "costs \(cost); where the source still has them they are learned again. This stands until the next snapshot is "
      + "written"
  }
}
