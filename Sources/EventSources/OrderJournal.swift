import DurableFiles

/// The order in which records of several partitions were learned, so that a restart can learn them in that order again.
///
/// The journal is a directory of numbered segments. Each segment's header says which segment it goes on from and after
/// how many of its records; so rollbacks make branches, and the newest segment is the end of the newest line. A
/// snapshot keeps a `JournalMark`; the runs after it are those on the way from the mark to the newest segment's end.
///
/// Entries are written without waiting for the disk: after a power loss the tail may be shorter, and the records that
/// it held are read in an order of their own. `sync` is for snapshots. One thread uses a journal.
public final class OrderJournal {
  /// A segment this long is followed by a new one at the next `sync`, so that old ones can be removed.
  static let segmentSize: UInt64 = 8 << 20

  /// The journal's directory.
  public let directory: String

  /// Bytes that a crash left half-written at the end, or damage made useless, cut off on opening.
  public let droppedBytes: UInt64

  /// What opening found wrong, a sentence each.
  public let damage: [String]

  private var numbers: [UInt64]
  private var head: AppendLog
  private var headNumber: UInt64
  private var nextNumber: UInt64
  private var headRecords: UInt64
  private var pending: JournalRun?
  private var buffer: [UInt8] = []
  private var replay = ReplayCursor()

  /// Opens the journal in a directory, which is made where it is not there. What is damaged is set aside or cut off, and
  /// `damage` says so: it costs the order of some records and none of them.
  public init(directory: String) throws(JournalProblem) {
    self.directory = directory
    let opening = try JournalOpening(directory)
    numbers = opening.numbers
    head = opening.head
    headNumber = opening.numbers.last ?? 0
    headRecords = opening.headRecords
    nextNumber = opening.nextNumber
    droppedBytes = opening.droppedBytes
    damage = opening.damage
  }

  /// Whether the journal holds no record at all.
  public var isEmpty: Bool { numbers.count == 1 && headRecords == 0 && pending == nil && buffer.isEmpty }

  /// The place after the last record appended (during a replay: replayed).
  public var mark: JournalMark {
    replay.mark ?? JournalMark(segment: headNumber, records: headRecords &+ UInt64(pending?.count ?? 0))
  }

  /// How many bytes all segments have.
  public func size() throws(JournalProblem) -> UInt64 {
    var sum: UInt64 = 0
    for number in numbers where number != headNumber {
      let path = JournalSegment.path(number, in: directory)
      try Self.file { () throws(FileProblem) in sum &+= try OpenFile(path, .read).size() }
    }
    return sum &+ head.length
  }

  /// Goes on after a place: gives the runs that follow it, to be replayed.
  ///
  /// Appending the same records again then writes nothing, it only moves `mark`; appending others makes a branch.
  ///
  /// Where the newest line was begun by a rollback that a crash kept from taking effect, the line that the place is on
  /// is the newest again: a new segment goes on from its end.
  ///
  /// - Throws: `notOnLine` where no line leads on from the mark; `branch` then makes a new one.
  public func resume(after mark: JournalMark) throws(JournalProblem) -> [JournalRun] {
    try flush()
    replay = ReplayCursor()
    var visited: Set<UInt64> = []
    for end in numbers.reversed() where end >= mark.segment {
      // A segment on a way that missed the mark is on no other way to it, but for the mark's own.
      if visited.contains(end), end != mark.segment { continue }
      guard let way = try way(from: mark, to: end, &visited) else { continue }
      if end != headNumber { try makeHead(after: JournalMark(segment: end, records: way.records)) }
      replay = ReplayCursor(pieces: way.pieces)
      return replay.runs
    }
    throw .notOnLine(mark)
  }

  /// Begins a new line after a place: a rollback, or an order that cannot be replayed.
  ///
  /// Durable when it returns. `position` says where the new line goes on in each partition, which is not where the
  /// place was if a rollback keeps its position.
  public func branch(after mark: JournalMark, at position: SourcePosition?) throws(JournalProblem) {
    try sync()
    replay = ReplayCursor()
    try makeHead(after: mark)
    guard let position, !position.partitions.isEmpty else { return }
    for partition in position.partitions {
      append(JournalRun(partition: partition.partition, nextOffset: partition.nextOffset, count: 0))
    }
    try sync()
  }

  /// Adds a run. Runs of one partition that follow each other become one; nothing is written before `flush`.
  public func append(partition: Int32, nextOffset: Int64, count: UInt32) throws(JournalProblem) {
    guard count > 0 else { return }
    let run = JournalRun(partition: partition, nextOffset: nextOffset, count: count)
    if replay.isActive {
      let before = mark
      if replay.advance(over: run) { return }
      try branch(after: before, at: nil)
    }
    append(run)
  }

  /// Adds a jump: a partition goes on at an offset, whatever lies before it.
  public func appendJump(partition: Int32, nextOffset: Int64) throws(JournalProblem) {
    if replay.isActive { try branch(after: mark, at: nil) }
    append(JournalRun(partition: partition, nextOffset: nextOffset, count: 0))
  }

  /// Writes what was appended; it survives the process from here on.
  public func flush() throws(JournalProblem) {
    takePending()
    guard !buffer.isEmpty else { return }
    try Self.file { () throws(FileProblem) in
      try buffer.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
        try head.append(UnsafeRawBufferPointer(bytes), synced: false)
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes what was appended; the file whose `sync`, on any thread, puts it on the disk, and after which
  /// `syncSucceeded` or `syncFailed` is to follow. Begins a new segment first where this one has grown long, which waits.
  public func fileToSync() throws(JournalProblem) -> OpenFile {
    try flush()
    if isLong { try sync() }
    do throws(FileProblem) {
      return try head.fileToSync()
    } catch {
      throw .file(error)
    }
  }

  /// Whether the newest segment is to be followed by a new one.
  private var isLong: Bool { head.length > Self.segmentSize && !replay.isActive }

  /// The file that was asked for is on the disk.
  public func syncSucceeded() {
    head.syncSucceeded()
  }

  /// The file that was asked for could not be synced: before anything else is written, the segment becomes a new file
  /// with the same runs, those that may be lost from memory.
  public func syncFailed() {
    head.syncFailed()
  }

  /// Writes what was appended and waits until it is on the disk; begins a new segment where this one has grown long.
  public func sync() throws(JournalProblem) {
    try flush()
    try Self.file { () throws(FileProblem) in try head.sync() }
    if isLong { try makeHead(after: JournalMark(segment: headNumber, records: headRecords)) }
  }

  /// Makes the newest segment; durable when it returns.
  private func makeHead(after mark: JournalMark) throws(JournalProblem) {
    // What stands at the path may be another daemon's by now.
    guard head.isInPlace else { throw .replaced(directory) }
    let number = nextNumber
    head = try Self.make(number, after: mark, in: directory)
    nextNumber = number &+ 1
    headNumber = number
    headRecords = 0
    numbers.append(number)
  }

  /// Removes the segments that no way from `oldest` to the newest place needs: `oldest` is the earliest mark of all
  /// snapshots that are kept.
  public func remove(before oldest: JournalMark) throws(JournalProblem) {
    for number in numbers where number < oldest.segment && number != headNumber {
      try Self.file { () throws(FileProblem) in
        try DirectoryHandle.remove(JournalSegment.path(number, in: directory))
      }
    }
    numbers.removeAll { $0 < oldest.segment && $0 != headNumber }
  }

  private func append(_ run: JournalRun) {
    if run.count > 0, let last = pending, last.partition == run.partition, last.count > 0 {
      let (sum, overflows) = last.count.addingReportingOverflow(run.count)
      if !overflows {
        pending = JournalRun(partition: run.partition, nextOffset: run.nextOffset, count: sum)
        return
      }
    }
    takePending()
    pending = run
  }

  private func takePending() {
    guard let run = pending else { return }
    JournalSegment.append(run, to: &buffer)
    headRecords &+= UInt64(run.count)
    pending = nil
  }

  static func make(_ number: UInt64, after previous: JournalMark, in directory: String)
    throws(JournalProblem) -> AppendLog
  {
    let log = try open(JournalSegment.path(number, in: directory)) { _, _ in }
    try file { () throws(FileProblem) in
      try JournalSegment.header(after: previous).withUnsafeBufferPointer { (bytes) throws(FileProblem) in
        try log.append(UnsafeRawBufferPointer(bytes), synced: true)
      }
    }
    return log
  }

  static func open(_ path: String, _ body: (UnsafeRawBufferPointer, Int) -> Void) throws(JournalProblem)
    -> AppendLog
  {
    do {
      return try AppendLog(path, onDamage: .cut, body)
    } catch let problem as FileProblem {
      throw .file(problem)
    } catch {
      throw .damaged(path: path, detail: "\(error)")
    }
  }

  static func file(_ body: () throws(FileProblem) -> Void) throws(JournalProblem) {
    do throws(FileProblem) {
      try body()
    } catch {
      throw .file(error)
    }
  }
}
