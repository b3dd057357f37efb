import AttentionalFM
import DurableFiles
import EventSources
import LiveModel
import NegativeSampling
import SnapshotStore
import Threads

/// What a snapshot came to: durable, or not.
struct WrittenSnapshot: Sendable {
  /// The job's number.
  var number: UInt64
  var result: Result<Manifest, SnapshotProblem>

  /// Whether the order journal was synced; nil where that was not tried. Where it could not be, the system may have
  /// dropped what it could not write.
  var isJournalSynced: Bool?

  /// The same for the quarantine.
  var isQuarantineSynced: Bool?

  /// Whether the files of dead letters were synced; nil where there are none, or they were not come to.
  var deadLettersSynced: Bool?

  /// The earliest place in the order journal that a retained snapshot refers to; nil where none does.
  var oldestMark: JournalMark?

  /// Why retention failed; the snapshot itself is good.
  var retentionProblem: SnapshotProblem?

  /// Why the lineage could not be written anew, shorter; it is as good as before.
  var compactionProblem: SnapshotProblem?
}

/// The files that a snapshot names places in, as far as there are any.
struct SnapshotPlaces: Sendable {
  /// The newest segment of the order journal. Where it cannot be synced another file takes its place.
  var journal: OpenFile?
  /// The newest file of the quarantine. Where it cannot be synced another file takes its place.
  var quarantine: OpenFile?
  /// The files of dead letters that hold what is not known to be on the disk.
  var deadLetters: [OpenFile]?
}

/// The thread that takes rows from the learner to the disk and makes a snapshot durable, one at a time.
final class SnapshotWriter: Sendable {
  /// A snapshot that the learner captured: the state of one moment, of which the rows follow through the ring.
  struct Job: Sendable {
    var number: UInt64
    var state: ModelState
    var sections: [SnapshotSection]
    /// The events that wait, as they were then; made into sections here, since they may be many.
    var waiting: WaitingEvents?
    /// What negatives are drawn from, as it was then, and how; the same holds for it.
    var sampling: (sampler: NegativeSampler, settings: NegativeSamplingSettings)?
    var extent: SnapshotExtent
    var facts: SnapshotFacts
    var progressive: ProgressiveOverview
    /// The files that it names places in: they must be on the disk before it is.
    var files: SnapshotPlaces
  }

  /// Takes the rows from the learner.
  let ring: SegmentRing

  private struct Mailbox {
    var job: Job?
    var stops = false
  }

  private let mailbox: Monitor<Mailbox>
  private let thread: DedicatedThread

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - nice: the thread's nice value.
  ///   - store: where snapshots are written.
  ///   - ring: brings the rows.
  ///   - retained: how many snapshots retention keeps; nil keeps all.
  ///   - report: takes what each snapshot came to, on the writer's thread.
  init(
    nice: Int32, store: SnapshotStore, ring: SegmentRing, retained: Int?,
    report: @escaping @Sendable (WrittenSnapshot) -> Void
  ) {
    let mailbox = Monitor(Mailbox())
    self.mailbox = mailbox
    self.ring = ring
    thread = DedicatedThread(name: "snapshot writer", nice: nice) {
      ring.makeSegments()
      while var job = SnapshotWriter.next(mailbox) {
        var written = SnapshotWriter.write(&job, ring, store)
        if case .success = written.result {
          do throws(SnapshotProblem) {
            if let retained {
              _ = try store.retain(last: retained)
              written.oldestMark = try SnapshotWriter.oldestMark(store.archive)
            }
          } catch {
            written.retentionProblem = error
          }
          do throws(SnapshotProblem) {
            try store.compactLineage()
          } catch {
            written.compactionProblem = error
          }
        }
        report(written)
      }
    }
  }

  /// Gives the writer a snapshot to write; the rows follow through the job's ring. The one before must have been
  /// reported.
  func begin(_ job: Job) {
    mailbox.update { $0.job = job }
  }

  /// Ends the thread after the snapshot that is being written, and waits for that.
  func stop() {
    mailbox.update { $0.stops = true }
    thread.join()
  }

  private static func next(_ mailbox: Monitor<Mailbox>) -> Job? {
    let job = mailbox.wait { mailbox -> Job?? in
      if let job = mailbox.job {
        mailbox.job = nil
        return .some(job)
      }
      return mailbox.stops ? .some(nil) : nil
    }
    return job ?? nil
  }

  /// The earliest place in the order journal that a snapshot refers to. One whose manifest cannot be read refers to none:
  /// were it ever read again, it would lack an order and no record.
  static func oldestMark(_ archive: SnapshotArchive) throws(SnapshotProblem) -> JournalMark? {
    var oldest: JournalMark?
    for id in try archive.ids() {
      let manifest: Manifest
      do throws(SnapshotProblem) {
        manifest = try archive.manifest(id)
      } catch {
        guard error.kind == .damaged || error.kind == .unreadable else { throw error }
        continue
      }
      // One without a position has no order to go on in.
      guard let mark = manifest.position?.journal else { continue }
      if let known = oldest, (known.segment, known.records) <= (mark.segment, mark.records) { continue }
      oldest = mark
    }
    return oldest
  }

  private static func write(_ job: inout Job, _ ring: SegmentRing, _ store: SnapshotStore) -> WrittenSnapshot {
    var written = WrittenSnapshot(number: job.number, result: .failure(SnapshotProblem(.misuse, "nothing was written")))
    var pending: PendingSnapshot?
    do throws(SnapshotProblem) {
      var facts = job.facts
      facts.progressive = try EmbeddedJSON(encoding: job.progressive)
      let many = (job.waiting?.sections ?? []) + (job.sampling.map { [$0.sampler.section($0.settings)] } ?? [])
      let begun = try store.begin(job.state, sections: job.sections + many, extent: job.extent)
      // What the learner changes from now on it need not copy any more.
      job.waiting = nil
      job.sampling = nil
      pending = begun
      while let segment = ring.takeFull() {
        let appended = Result { () throws(SnapshotProblem) in try begun.append(segment) }
        // Also where writing it failed: the ring has no other, for this snapshot and all to come.
        ring.recycle(consume segment)
        try appended.get()
      }
      try sync(job.files, &written)
      written.result = .success(try begun.finish(facts))
    } catch {
      ring.fail()
      pending?.discard()
      written.result = .failure(error)
    }
    return written
  }

  private static func sync(_ files: SnapshotPlaces, _ written: inout WrittenSnapshot) throws(SnapshotProblem) {
    do throws(FileProblem) {
      try sync(files.deadLetters)
      written.deadLettersSynced = files.deadLetters.map { _ in true }
    } catch {
      written.deadLettersSynced = false
      throw SnapshotProblem(.file, error.description)
    }
    do throws(FileProblem) {
      try files.quarantine?.sync()
      written.isQuarantineSynced = true
    } catch {
      written.isQuarantineSynced = false
      throw SnapshotProblem(.file, error.description)
    }
    do throws(FileProblem) {
      try files.journal?.sync()
      written.isJournalSynced = true
    } catch {
      written.isJournalSynced = false
      throw SnapshotProblem(.file, error.description)
    }
  }

  /// Syncs files that may be new, and that they are there.
  private static func sync(_ files: [OpenFile]?) throws(FileProblem) {
    guard let files, let first = files.first else { return }
    for file in files { try file.sync() }
    try DirectoryHandle.sync(DirectoryHandle.parent(of: first.path))
  }
}
