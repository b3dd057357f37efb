// Unsafe memory: the bytes of one record are viewed in the batch's own array during one call.
import DurableFiles
import EventSources
import Observability
import SnapshotStore

/// The files, and the topic, that the learner alone writes while it learns.
///
/// Used on the learner's thread alone, after `LearningService` handed it over.
public final class LearnerFiles {
  let journal: OrderJournal?
  private let quarantine: Quarantine?
  private let deadLetters: DeadLetters?
  private var isQuarantineFailing = false
  /// How many bytes of the quarantine were said to be lost.
  private var lostBytes: UInt64 = 0

  /// Hands over what there is.
  ///
  /// - Parameters:
  ///   - journal: the order of records, where they come from several partitions.
  ///   - quarantine: where records that cannot be used are kept.
  ///   - deadLetters: where they are sent.
  public init(journal: OrderJournal? = nil, quarantine: Quarantine? = nil, deadLetters: DeadLetters? = nil) {
    self.journal = journal
    self.quarantine = quarantine
    self.deadLetters = deadLetters
  }

  /// How many bytes the order journal has; nil where none is kept.
  var journalBytes: UInt64? { journal?.size }

  /// How many bytes were ever quarantined.
  var quarantineLength: UInt64 { quarantine?.length ?? 0 }

  /// Keeps a record that cannot be learned for a person to look at. A failure is told once and holds nothing up.
  func keep(_ record: DecodedRecord, of batch: DecodedBatch, reason: RejectedFor, detail: String, log: Log) {
    batch.bytes.withUnsafeBytes { bytes in
      let source = SourceRecord(
        bytes: UnsafeRawBufferPointer(rebasing: bytes[record.bytes]), partition: record.partition,
        offset: record.offset, nextOffset: record.nextOffset, timestamp: record.timestamp,
        isTruncated: record.isCut)
      keep(source, reason, detail, log)
    }
  }

  /// Keeps what is left of an event that had waited: where it came from. Its bytes are the source's alone by now.
  func keep(_ event: WaitingEvent, reason: RejectedFor, detail: String, log: Log) {
    let source = SourceRecord(
      bytes: UnsafeRawBufferPointer(start: nil, count: 0), partition: event.partition, offset: event.offset,
      nextOffset: event.offset, timestamp: -1)
    keep(source, reason, detail, log)
  }

  private func keep(_ record: SourceRecord, _ reason: RejectedFor, _ detail: String, _ log: Log) {
    if let quarantine {
      do {
        try quarantine.add(record, reason: reason.name, detail: detail)
        isQuarantineFailing = false
        if quarantine.lostBytes > lostBytes {
          lostBytes = quarantine.lostBytes
          log.error("a disk that failed took entries of the quarantine", ["bytes": lostBytes])
        }
      } catch {
        if !isQuarantineFailing { log.error("records cannot be quarantined", ["problem": "\(error)"]) }
        isQuarantineFailing = true
      }
    }
    deadLetters?.add(record, reason: reason.name, detail: detail)
  }

  /// The files that must be synced before a snapshot says that the records so far are done with; any thread may do it.
  func filesToSync() throws(SnapshotProblem) -> SnapshotPlaces {
    do throws(SnapshotProblem) {
      return try askForFiles()
    } catch {
      syncsNotTried()
      throw error
    }
  }

  private func askForFiles() throws(SnapshotProblem) -> SnapshotPlaces {
    var places = SnapshotPlaces()
    do throws(JournalProblem) {
      places.journal = try journal?.fileToSync()
    } catch {
      throw SnapshotProblem(.file, "\(error)")
    }
    do throws(FileProblem) {
      places.quarantine = try quarantine?.fileToSync()
      places.deadLetters = try deadLetters?.filesToSync()
    } catch {
      throw SnapshotProblem(error)
    }
    return places
  }

  /// A snapshot failed before it came to syncing what was asked for.
  private func syncsNotTried() {
    journal?.syncNotTried()
    quarantine?.syncNotTried()
  }

  /// What became of the files of dead letters that `filesToSync` gave; nil where they were not come to.
  func deadLettersSynced(_ synced: Bool?) {
    guard let synced, let deadLetters else { return }
    if synced { deadLetters.noteSynced() } else { deadLetters.noteSyncFailed() }
  }

  /// Where dead letters end; nil where none are sent.
  var deadLettersEnd: SpillPlace? { deadLetters?.place }

  /// How the delivery of dead letters goes, for any thread; nil where none are sent.
  var deadLetterFigures: DeadLetterFigures? { deadLetters?.figures }

  /// What is called, on any thread, when something about dead letters became a problem, or ceased to be one.
  func whenDeadLetterProblemsChange(_ call: @escaping @Sendable () -> Void) {
    deadLetters?.whenProblemsChange(call)
  }

  /// Delivers for a moment what waits, at the end.
  func close() {
    deadLetters?.close()
  }

  /// The files were synced for a snapshot, or could not be: then the next use of each begins a new one.
  func wereSynced(_ written: WrittenSnapshot) {
    switch written.isJournalSynced {
    case true?: journal?.syncSucceeded()
    case false?: journal?.syncFailed()
    case nil: journal?.syncNotTried()
    }
    switch written.isQuarantineSynced {
    case true?: quarantine?.syncSucceeded()
    case false?: quarantine?.syncFailed()
    case nil: quarantine?.syncNotTried()
    }
  }

  /// Takes back what will be quarantined, and sent to dead letters, again, since its records are read again.
  func takeBack(to state: LearnerState, log: Log) {
    truncateQuarantine(to: state.quarantineLength, log: log)
    if let place = state.deadLettersEnd { deadLetters?.takeBack(after: place) }
  }

  private func truncateQuarantine(to length: UInt64, log: Log) {
    guard let quarantine, quarantine.length != length else { return }
    if quarantine.length < length {
      log.error(
        "entries of the quarantine are missing: it was damaged, or removed",
        ["file": quarantine.path, "bytes": quarantine.length, "counted": length])
    }
    let told = quarantine.damage.count
    defer { for damage in quarantine.damage.dropFirst(told) { log.error("quarantine", ["problem": damage]) } }
    do {
      try quarantine.truncate(to: length)
    } catch {
      log.error("the quarantine could not be cut back; it will hold records twice", ["problem": "\(error)"])
    }
  }
}
