import ProgressiveValidation

/// What the model of an epoch says of a file.
public struct JudgedFile: Codable, Equatable, Sendable {
  /// The file's path, as it was given.
  public var file: String
  /// All its events, predicted by the epoch's model.
  public var summary: ProgressiveSummary
}

/// What one epoch came to.
public struct EpochReport: Codable, Equatable, Sendable {
  /// The epoch's number, from 1.
  public var epoch: Int
  /// How long it took, with its validation.
  public var seconds: Double
  /// Every event as it was predicted before its batch was learned.
  public var training: ProgressiveSummary
  /// The validation files after the epoch; absent where there are none.
  public var validation: ProgressiveSummary?
  /// The files that are judged after every epoch and decide nothing; absent where there are none.
  public var judged: [JudgedFile]?
  /// Whether no epoch before had a lower validation loss; without validation every epoch is the best so far.
  public var isBest: Bool
}

/// What a run of fitting came to.
public struct FitReport: Codable, Equatable, Sendable {
  /// Why it ended.
  public enum End: String, Codable, Sendable {
    /// All epochs were learned.
    case epochs
    /// The validation loss no longer got better.
    case patience
  }

  /// The state directory with the snapshot.
  public var directory: String
  /// The snapshot's number.
  public var snapshot: UInt64
  /// Events learned by its model.
  public var eventsLearned: UInt64
  /// The epoch it is of.
  public var bestEpoch: Int
  /// Why fitting ended.
  public var ended: End
  /// Records of the training files that were not learned.
  public var rejected: UInt64
  /// All epochs.
  public var epochs: [EpochReport]
  /// The test files, judged with the best epoch's parameters; absent where there are none.
  public var test: ProgressiveSummary?
}

/// How far fitting is; a value is handed out some times a second.
public struct FitProgress: Sendable {
  /// The epoch that is being learned, from 1; 0 while files are read into memory.
  public var epoch: Int
  /// How many there are at most.
  public var epochs: Int
  /// Events learned in this epoch, or read.
  public var events: Int
  /// How many an epoch has; nil where that is not known yet.
  public var total: Int?
  /// Seconds since the epoch began.
  public var seconds: Double
  /// The training loss of the epoch so far.
  public var loss: Double?
}

/// What fitting has to tell while it runs.
public enum FitNotice: Sendable {
  /// How far it is.
  case progress(FitProgress)
  /// An epoch is learned, validated and durable.
  case epoch(EpochReport)
  /// Something an operator should know, a sentence.
  case note(String)
}
