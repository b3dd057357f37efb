import EventSources

/// Something that is wrong and keeps being told, in status and metrics, until its opposite has been seen.
public struct StandingProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// Sorts of problems: the label of the metric, the name in status.
  public enum Code: String, CaseIterable, Sendable {
    /// The source does not deliver, or delivers what cannot be trusted.
    case source
    /// Records were passed over, such as lines of a file that came after it had been left.
    case passedOver = "records_passed_over"
    /// The last attempt to write a snapshot failed.
    case snapshotFailed = "snapshot_failed"
    /// The snapshot that was current at the start could not be read: another was taken, and none written since.
    case snapshotsDamaged = "snapshots_damaged"
    /// The last attempt to deliver a dead letter failed.
    case deadLettersFailing = "dead_letters_failing"
    /// Dead letters were dropped, and not all others were delivered since.
    case deadLettersDropped = "dead_letters_dropped"
    /// The state directory was removed or replaced, so that nothing can be acknowledged.
    case stateDirectoryReplaced = "state_directory_replaced"
  }

  /// The sort.
  public var code: Code

  /// What is wrong, where, and what to do: a sentence or two for the operator.
  public var message: String

  /// Makes a problem.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

extension Learner {
  /// Everything that is wrong at the moment, as far as the learner knows: each part adds what it knows of itself.
  var standingProblems: [StandingProblem] {
    [
      source.problem.map { StandingProblem(.source, $0.message) },
      source.standingProblem.map { flaw in
        switch flaw {
        case .passedOver(let message): StandingProblem(.passedOver, message)
        case .unchecked(let message): StandingProblem(.source, message)
        }
      },
      snapshots.progress.problem.map { StandingProblem(.snapshotFailed, $0) },
      context.store.placeProblem.map { StandingProblem(.stateDirectoryReplaced, $0) },
      snapshots.standingDamage.map { StandingProblem(.snapshotsDamaged, $0.description) },
    ].compactMap(\.self) + (files.deadLetterFigures.map { StandingProblem.of($0.current) } ?? [])
  }
}
