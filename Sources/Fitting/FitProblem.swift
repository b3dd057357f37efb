import AttentionalFM
import EventSources
import SnapshotStore

/// Why fitting did not do what was asked: what, where, and what to do next.
public struct FitProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds that callers tell apart.
  public enum Kind: String, Sendable {
    /// The settings contradict each other, or what there is.
    case settings
    /// The files hold nothing that can be learned, or more than fits.
    case data
    /// A file cannot be read.
    case file
    /// A snapshot cannot be read, written or started from.
    case snapshot
    /// The model left the range of numbers.
    case notFinite
    /// It was told to end.
    case cancelled
  }

  /// The kind.
  public var kind: Kind

  /// One or two sentences.
  public var message: String

  /// Makes a problem.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  init(_ problem: SnapshotProblem) {
    self.init(.snapshot, problem.message)
  }

  init(_ problem: SourceProblem) {
    self.init(.file, problem.message)
  }

  /// The message.
  public var description: String { message }
}

/// Runs what can fail with another room's problem.
func translating<Result>(_ body: () throws(SnapshotProblem) -> Result) throws(FitProblem) -> Result {
  do throws(SnapshotProblem) {
    return try body()
  } catch {
    throw FitProblem(error)
  }
}

/// Runs what can fail with a problem of the model's.
func modelling<Result>(_ body: () throws(ModelProblem) -> Result) throws(FitProblem) -> Result {
  do throws(ModelProblem) {
    return try body()
  } catch {
    throw FitProblem(.settings, error.description)
  }
}
