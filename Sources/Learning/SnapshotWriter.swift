import EventSources
import LiveModel
import SnapshotStore
import Threads

/// What a snapshot came to: durable, or not.
struct WrittenSnapshot: Sendable {
  var id: UInt64
  var result: Result<Manifest, SnapshotProblem>

  /// The earliest place in the order journal that a retained snapshot refers to; nil where none does, or not all could
  /// be read.
  var oldestMark: JournalMark?

  /// Why retention failed; the snapshot itself is good.
  var retentionProblem: SnapshotProblem?
}

/// The thread that takes rows from the learner to the disk and makes a snapshot durable, one at a time.
final class SnapshotWriter: Sendable {
  /// A snapshot that was begun by the learner.
  struct Job: Sendable {
    var id: UInt64
    var pending: Handover<PendingSnapshot>
    var facts: SnapshotFacts
    var rows: SegmentRing
  }

  private struct Mailbox {
    var job: Job?
    var stops = false
  }

  private let mailbox: Monitor<Mailbox>
  private let thread: DedicatedThread

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - retained: how many snapshots retention keeps; nil keeps all.
  ///   - report: takes what each snapshot came to, on the writer's thread.
  init(
    nice: Int32, store: SnapshotStore, retained: Int?, report: @escaping @Sendable (WrittenSnapshot) -> Void
  ) {
    let mailbox = Monitor(Mailbox())
    self.mailbox = mailbox
    thread = DedicatedThread(name: "snapshot writer", nice: nice) {
      while let job = SnapshotWriter.next(mailbox) {
        var written = WrittenSnapshot(id: job.id, result: SnapshotWriter.write(job))
        if case .success = written.result, let retained {
          do throws(SnapshotProblem) {
            _ = try store.retain(last: retained)
            written.oldestMark = try SnapshotWriter.oldestMark(store.archive)
          } catch {
            written.retentionProblem = error
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

  private static func oldestMark(_ archive: SnapshotArchive) throws(SnapshotProblem) -> JournalMark? {
    var oldest: JournalMark?
    for id in try archive.ids() {
      guard let mark = try archive.manifest(id).position?.journal else { return nil }
      if let known = oldest, (known.segment, known.records) <= (mark.segment, mark.records) { continue }
      oldest = mark
    }
    return oldest
  }

  private static func write(_ job: Job) -> Result<Manifest, SnapshotProblem> {
    guard let pending = job.pending.take() else {
      return .failure(SnapshotProblem(.misuse, "snapshot \(job.id) was given to the writer twice"))
    }
    do throws(SnapshotProblem) {
      while let segment = job.rows.takeFull() {
        try pending.append(segment)
        job.rows.recycle(segment)
      }
      return .success(try pending.finish(job.facts))
    } catch {
      job.rows.fail()
      pending.discard()
      return .failure(error)
    }
  }
}
