/// A stream of records with a position that can be saved and sought.
///
/// Thread rule: one thread (the ingest thread) makes every call. No call may wait on an event loop or on Swift's
/// cooperative pool: `start` takes up to some seconds, `nextBatch` its timeout.
public protocol EventSource: AnyObject {
  /// The kind of source, as its positions name it.
  var kind: SourceKind { get }

  /// Whether records interleave from several partitions, so that a replay needs the order journal.
  var needsOrderJournal: Bool { get }

  /// Whether a model that has learned elsewhere may begin without being told where: the source has one place to begin,
  /// or its settings name an exact one.
  var hasCertainStart: Bool { get }

  /// Begins, or begins again, to deliver at a position.
  ///
  /// Called again at any time to seek (a rollback that rewinds, an operator's choice after a lost position). Nothing
  /// that was fetched before is delivered afterwards.
  ///
  /// - Parameters:
  ///   - position: where to go on; nil for a fresh start, where the source's settings say.
  ///   - missing: what to do where the position is gone or belongs to another topic or file. An exact place is refused
  ///     where nothing is.
  ///   - replaying: runs that are delivered first, in exactly this order; the position is where the first begins.
  ///     A run counts every record delivered for it.
  /// - Returns: the position it starts at, and what is worth telling.
  /// - Throws: what keeps the source from starting. It may be started again after any problem.
  func start(at position: SourcePosition?, missing: MissingPositionPolicy, replaying: [JournalRun])
    throws(SourceProblem) -> StartReport

  /// Delivers the next records, if some come in time.
  ///
  /// - Parameters:
  ///   - maximum: the most records to deliver, at least 1.
  ///   - timeoutMilliseconds: how long to wait for the first.
  ///   - body: takes the records; called at most once, only when the answer is `records`.
  func nextBatch(maximum: Int, timeoutMilliseconds: Int, _ body: (RecordBatch) -> Void) -> SourceEvent

  /// Takes what there is to say of the records delivered so far, once: called after each `nextBatch`.
  func takeNews() -> [SourceNews]

  /// How far the source reaches now (a file: its length in bytes, with the files that came after it). Does not wait. Nil
  /// where `watch` tells it.
  func sight() -> SourceSight?

  /// Begins to look at the source beside the reading of it, on a thread of its own, until it is closed: how far it
  /// reaches, and whether it answers at all. Called once, before the first start; a source that knows without asking
  /// does nothing.
  ///
  /// - Parameter tell: takes what was seen each time, on any thread.
  func watch(_ tell: @escaping @Sendable (SourceSight) -> Void)

  /// What is wrong although the source delivers, such as records that it passed over. Nil once that is over.
  var standingProblem: SourceFlaw? { get }

  /// Tells the source which position has been learned, for others to see (a committed group offset in Kafka, so that
  /// lag tools work). Cheap to call often; failures are of no consequence.
  func publish(learned position: SourcePosition)

  /// Ends everything; no call is allowed afterwards but another `close`.
  func close()
}

extension EventSource {
  /// Delivers on from another position, without replay.
  public func seek(to position: SourcePosition, missing: MissingPositionPolicy = .refuse) throws(SourceProblem)
    -> StartReport
  {
    try start(at: position, missing: missing, replaying: [])
  }

  /// Somebody must choose.
  public var hasCertainStart: Bool { false }

  /// Nothing is.
  public var standingProblem: SourceFlaw? { nil }

  /// Nobody has to be asked.
  public func watch(_ tell: @escaping @Sendable (SourceSight) -> Void) {}

  /// Nothing to say.
  public func takeNews() -> [SourceNews] { [] }

  /// Nobody to tell.
  public func publish(learned position: SourcePosition) {}
}

/// What came of asking for the next records.
public enum SourceEvent: Equatable, Sendable {
  /// So many records were delivered.
  case records(Int)
  /// No record came in time; `caughtUp` says whether everything there is has been delivered.
  case idle(caughtUp: Bool)
  /// There are no more records and never will be: the end of a file that is not followed, standard input closed.
  case endOfStream
  /// Something is wrong. Where it is transient the source goes on trying with each call; otherwise it delivers
  /// nothing until it is started again.
  case problem(SourceProblem)
}

/// What a source says when it has started.
public struct StartReport: Equatable, Sendable {
  /// The position it starts at: the one given, with lost partitions moved where the policy said, new partitions added.
  public var position: SourcePosition

  /// What an operator should read in the log.
  public var notes: [StartNote]

  /// Whether what is read from now on is another source than that of the position given, such as a topic made anew: its
  /// offsets name other records.
  public var isAnotherSource = false

  /// Makes a report.
  public init(position: SourcePosition, notes: [StartNote] = []) {
    self.position = position
    self.notes = notes
  }
}

/// Something worth telling about a start.
public enum StartNote: Equatable, Sendable, CustomStringConvertible {
  /// The last record learned is still there, with the same payload.
  case lastRecordVerified(partition: Int32, offset: Int64)
  /// The last record learned is gone (compaction), so that it could not be compared.
  case lastRecordGone(partition: Int32, offset: Int64)
  /// A position was gone and the policy chose another.
  case positionMoved(LostPosition, to: Int64)
  /// A partition without a saved position.
  case newPartition(partition: Int32, startsAt: Int64)
  /// Anything else.
  case remark(String)

  /// A sentence.
  public var description: String {
    switch self {
    case .lastRecordVerified(let partition, let offset):
      "partition \(partition): the last record learned, at offset \(offset), is the one that was learned"
    case .lastRecordGone(let partition, let offset):
      "partition \(partition): the last record learned, at offset \(offset), is gone (compaction); going on after it"
    case .positionMoved(let lost, let to):
      "partition \(lost.partition): the saved position \(lost.wanted) is gone; going on at \(to) as told"
    case .newPartition(let partition, let startsAt):
      "partition \(partition): no saved position; starting at \(startsAt)"
    case .remark(let text): text
    }
  }
}
