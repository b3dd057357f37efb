import ProgressiveValidation

/// The summary of progressive validation in a snapshot's manifest: for people and lists. The exact state is a section.
public struct ProgressiveOverview: Codable, Equatable, Sendable {
  /// The whole run.
  public var run: ProgressiveSummary

  /// The last window that ended; absent before the first.
  public var lastWindow: ProgressiveSummary?

  /// Makes an overview.
  public init(run: ProgressiveSummary, lastWindow: ProgressiveSummary?) {
    self.run = run
    self.lastWindow = lastWindow
  }
}
