/// What was seen of a source beside the reading of it, at one moment.
public struct SourceSight: Equatable, Sendable {
  /// The offset that the next record of each partition will have; a partition for which nobody answered is left out.
  public var ends: [Int32: Int64]

  /// What keeps the source, or a partition of it, from answering; nil where all did.
  public var problem: SourceProblem?

  /// Makes a sight.
  public init(ends: [Int32: Int64], problem: SourceProblem? = nil) {
    self.ends = ends
    self.problem = problem
  }
}
