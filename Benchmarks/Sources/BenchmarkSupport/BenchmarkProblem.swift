/// Why a measurement could not be made.
public struct BenchmarkProblem: Error, CustomStringConvertible {
  /// What was wrong and what to do.
  public let description: String

  /// Makes a problem.
  public init(_ description: String) {
    self.description = description
  }
}
