import DurableFiles
import Glibc

/// What is wrong with a snapshot or with the directory of snapshots: what, where, and what to do next.
public struct SnapshotProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds that callers tell apart.
  public enum Kind: String, Sendable {
    /// The operating system refused something: a full disk, a missing right, an input or output error.
    case file
    /// Another process is using the state directory.
    case locked
    /// A file is not what was written, or is missing.
    case damaged
    /// The disk does not give a file up (an input or output error, or damage of the file system); it may later.
    case unreadable
    /// There is no snapshot of this number.
    case unknownSnapshot
    /// The snapshot was written by a newer version, in a format this one does not know.
    case unsupported
    /// The snapshot is whole, but belongs to a model of another shape.
    case incompatible
    /// There are snapshots, but none of them may be started from.
    case noGoodSnapshot
    /// A number of the model is not finite: such a model is not worth keeping.
    case notFinite
    /// The writer of a snapshot broke the rules: too few rows, an impossible shape, a finished snapshot written to.
    case misuse
    /// The live snapshot changed (a rollback) while this one was being written; it was not kept.
    case superseded
    /// The state directory was removed or replaced while it was in use: nothing can be acknowledged.
    case replaced
  }

  /// The kind.
  public let kind: Kind

  /// One or two sentences for the operator.
  public let message: String

  /// Makes a problem.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Makes a problem of a file's problem.
  public init(_ problem: FileProblem) {
    kind =
      switch (problem.kind, problem.operation, problem.code) {
      case (.locked, _, _): .locked
      case (.replaced, _, _): .replaced
      case (.damaged, _, _), (.missing, _, _), (_, "read", EISDIR): .damaged
      case (_, "read", EIO), (_, "open", EIO), (_, "read", EBADMSG), (_, "open", EBADMSG), (_, "read", EUCLEAN),
        (_, "open", EUCLEAN):
        .unreadable
      default: .file
      }
    message = problem.description
  }

  /// The message.
  public var description: String { message }
}

/// Runs what can fail with a file's problem where a snapshot's problem is expected.
func translating<Result>(_ body: () throws(FileProblem) -> Result) throws(SnapshotProblem) -> Result {
  do throws(FileProblem) {
    return try body()
  } catch {
    throw SnapshotProblem(error)
  }
}
