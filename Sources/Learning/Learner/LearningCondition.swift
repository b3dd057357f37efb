import EventSources
import SnapshotStore

/// Whether learning runs.
public enum LearningCondition: Equatable, Sendable {
  /// Events are learned as they arrive.
  case running
  /// An operator paused learning.
  case paused
  /// Learning stopped by itself; an operator must decide how to go on.
  case stopped(StopReason, detail: String)

  /// Makes a condition of what the lineage remembers.
  public init(_ state: LearningState) {
    switch state {
    case .running: self = .running
    case .paused: self = .paused
    case .stopped(let reason, let detail): self = .stopped(reason, detail: detail)
    }
  }

  /// The condition as the lineage remembers it.
  var lineageState: LearningState {
    switch self {
    case .running: .running
    case .paused: .paused
    case .stopped(let reason, let detail): .stopped(reason, detail: detail)
    }
  }

  /// Whether an operator must say where to go on.
  public var needsPosition: Bool {
    guard case .stopped(let reason, _) = self else { return false }
    return reason == .positionLost || reason == .otherSource || reason == .replayImpossible
  }
}

/// Why a command was not obeyed: what was wrong, and what to do.
public struct LearningProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// Sorts of problems.
  public enum Kind: Sendable {
    /// The command makes no sense in the present condition.
    case conflict
    /// There is no such snapshot.
    case unknownSnapshot
    /// The source would not start.
    case source
    /// The state directory could not be written or read.
    case storage
    /// Learning is shutting down.
    case stopping
  }

  /// The sort.
  public let kind: Kind

  /// A sentence or two for the operator.
  public let message: String

  /// Makes a problem.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  init(_ problem: SnapshotProblem) {
    self.init(problem.kind == .unknownSnapshot ? .unknownSnapshot : .storage, problem.message)
  }

  /// The message.
  public var description: String { message }
}
