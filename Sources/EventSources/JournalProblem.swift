import DurableFiles

/// Why the order journal cannot be used.
public enum JournalProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file could not be read or written.
  case file(FileProblem)
  /// A segment is missing, or holds less than was counted.
  case damaged(path: String, detail: String)
  /// The directory was removed or replaced while the journal was in use.
  case replaced(String)
  /// No line of runs leads from this place to the newest one: it was left by a rollback, or its segments were removed.
  case notOnLine(JournalMark)

  /// A sentence.
  public var description: String {
    switch self {
    case .file(let problem): "order journal: \(problem)"
    case .damaged(let path, let detail): "order journal \(path): \(detail)"
    case .replaced(let directory):
      "order journal: \(directory), or a directory above it, was removed or replaced while afmd runs; put it back, or "
        + "restart afmd"
    case .notOnLine(let mark):
      "the order journal has no way on from segment \(mark.segment), record \(mark.records): what was learned after it "
        + "was rolled back, or its segments were removed. Records are read on in an order of their own"
    }
  }
}
