/// What was seen of a source beside the reading of it, at one moment.
public struct SourceSight: Equatable, Sendable {
  /// The offset that the next record of each partition will have; a partition for which nobody answered is left out.
  public var ends: [Int32: Int64]

  /// The identity of the file that the ends are of, as positions have it: they say nothing of a position in another.
  /// Empty for a file that came after the one that was read and of which nothing was delivered yet; nil for other sources.
  public var identity: String?

  /// What keeps the source, or a partition of it, from answering; nil where all did.
  public var problem: SourceProblem?

  /// Makes a sight.
  public init(ends: [Int32: Int64], identity: String? = nil, problem: SourceProblem? = nil) {
    self.ends = ends
    self.identity = identity
    self.problem = problem
  }
}
