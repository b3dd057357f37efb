import AttentionalFM
import LiveModel

/// The copying of a snapshot's rows by the learner: some after every few events, all that are about to change, and as
/// many as the writer takes while nothing is to be learned.
///
/// Used on the learner's thread alone.
final class SnapshotSweep {
  private var sweep: RowSweep
  private let ring: SegmentRing
  private let mostRows: Int
  private var pacing = SweepPacing()
  private var isEnded = false

  /// The events since the last turn, since when, and how many rows had been forced by then.
  private var events = 0
  private var since = MonotonicTime.now
  private var forced = 0

  /// How many rows the snapshot consists of.
  let rowCount: Int

  /// The longest time that it held learning up at once, in nanoseconds.
  private(set) var longestPause: UInt64 = 0

  /// The longest time that `eventsPerTurn` events took meanwhile, whatever it was that held them up, in nanoseconds.
  private(set) var longestTurn: UInt64 = 0

  /// How long it waited for the writer in all, in nanoseconds.
  private(set) var waited: UInt64 = 0

  private static let eventsPerTurn = 16
  /// The rows of a turn while nothing is to be learned.
  private static let idleRows = 4096

  /// Fixes the rows of this moment.
  ///
  /// - Parameters:
  ///   - model: the model, between two events.
  ///   - onlyChanged: whether only the rows are meant that changed since the last snapshot.
  ///   - ring: takes the rows to the writer; nothing else uses it meanwhile.
  init(_ model: Model, onlyChanged: Bool, ring: SegmentRing) {
    sweep = RowSweep(model.table, onlyChanged: onlyChanged)
    rowCount = sweep.rowCount
    mostRows = ring.rowsAtOnce
    self.ring = ring
    ring.begin()
  }

  /// Whether nothing is to be copied any more: all rows were, or the writer failed.
  var isCopied: Bool { isEnded }

  /// Makes sure that so many rows can be copied before they change, which they do next; waits for the writer where it
  /// must.
  func makeRoom(rows: Int) {
    if isEnded || sweep.room >= min(rows, mostRows) { return }
    let start = MonotonicTime.now
    if let filled = sweep.takeSegment() { ring.put(filled) }
    if let empty = ring.takeEmpty(milliseconds: 0) {
      sweep.fill(empty)
      return notePause(since: start, isWait: false)
    }
    if let empty = ring.takeEmpty(milliseconds: nil) {
      sweep.fill(empty)
    } else {
      end()
    }
    notePause(since: start, isWait: true)
  }

  /// Copies the rows whose turn it is. Called after every event.
  func learned() {
    events += 1
    if events < SnapshotSweep.eventsPerTurn || isEnded { return }
    events = 0
    let start = MonotonicTime.now
    longestTurn = max(longestTurn, start &- since)
    let all = sweep.forced
    let rows = pacing.rows(after: start &- since, forced: all - forced)
    forced = all
    if rows >= SnapshotSweep.eventsPerTurn { copy(rows, from: start) }
    since = MonotonicTime.now
  }

  /// Copies rows while nothing is to be learned; returns within some milliseconds.
  func idle() {
    if isEnded { return }
    let start = MonotonicTime.now
    copy(SnapshotSweep.idleRows, from: start)
    if !isEnded, sweep.room <= SegmentRing.reserve { exchange(milliseconds: 1) }
    if ring.hasFailed { end() }
    events = 0
    since = MonotonicTime.now
  }

  private func copy(_ rows: Int, from start: UInt64) {
    var left = rows
    var copied = 0
    while left > 0, sweep.remaining > 0 {
      if sweep.room <= SegmentRing.reserve, !exchange(milliseconds: 0) { break }
      let count = sweep.advance(maximum: min(left, sweep.room - SegmentRing.reserve))
      copied += count
      // Looking at empty slots takes time too.
      left -= max(count, SnapshotSweep.eventsPerTurn)
    }
    if sweep.remaining == 0 { end() }
    pacing.copied(copied, nanoseconds: MonotonicTime.now &- start)
    notePause(since: start, isWait: false)
  }

  /// Gives the filled segment to the writer where an empty one is there, or comes in time.
  @discardableResult
  private func exchange(milliseconds: Int) -> Bool {
    guard let empty = ring.takeEmpty(milliseconds: milliseconds) else { return false }
    if let filled = sweep.takeSegment() { ring.put(filled) }
    sweep.fill(empty)
    return true
  }

  private func end() {
    if isEnded { return }
    isEnded = true
    if let last = sweep.takeSegment() { ring.put(last) }
    sweep.end()
    ring.end()
  }

  private func notePause(since start: UInt64, isWait: Bool) {
    let pause = MonotonicTime.now &- start
    longestPause = max(longestPause, pause)
    if isWait { waited &+= pause }
  }

  /// Ends it for good: where its rows were saved, what changed since its beginning is all that the next snapshot needs.
  func settle(saved: Bool) {
    end()
    sweep.settle(saved: saved)
  }
}
