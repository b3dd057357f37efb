import DurableFiles

/// The order in which records of several partitions were learned, so that a restart can learn them in that order again.
///
/// The journal is a directory of numbered segments. Each segment's header says which segment it goes on from and after
/// how many of its records; so rollbacks make branches, and the newest segment is the end of the newest line. A
/// snapshot keeps a `JournalMark`; the runs after it are those on the way from the mark to the newest segment's end.
///
/// Nothing is in the journal that did not happen: a rollback's line has a name (`nameBranch`) that its snapshot keeps,
/// and begins only when that is durable. Where a crash comes between, the next start begins it, by the same name.
///
/// Entries are written without waiting for the disk: after a power loss the tail may be shorter, and the records that
/// it held are read in an order of their own. `sync` is for snapshots. One thread uses a journal.
public final class OrderJournal {
  /// A segment this long is followed by a new one at the next `sync`, so that old ones can be removed: a quarter of what
  /// the journal may have, at most 8 MiB.
  let segmentSize: UInt64

  /// How many bytes all segments may have; nil for any number. `trim` sees to it.
  public let sizeLimit: UInt64?

  /// The journal's directory.
  public let directory: String

  /// Bytes that a crash left half-written at the end, or damage made useless, cut off on opening.
  public let droppedBytes: UInt64

  /// What opening found damaged, a sentence each.
  public let damage: [String]

  /// What opening found cut short, as a crash or a power loss leaves it, a sentence each.
  public let cutShort: [String]

  var numbers: [UInt64]
  /// How many bytes each segment but the newest has.
  var closedBytes: [UInt64: UInt64] = [:]
  private(set) var head: AppendLog
  private(set) var headNumber: UInt64
  private var nextNumber: UInt64
  private(set) var headRecords: UInt64
  /// Whether the last entry of the newest segment is a jump: it belongs to what comes after, so that no segment ends in
  /// one.
  private var endsInJump: Bool
  private var pending: JournalRun?
  private var buffer: [UInt8] = []
  var replay = ReplayCursor()

  /// Opens the journal in a directory, which is made where it is not there. What is damaged is set aside or cut off, and
  /// `damage` or `cutShort` says so: it costs the order of some records and none of them.
  public init(directory: String, sizeLimit: UInt64? = nil) throws(JournalProblem) {
    self.directory = directory
    self.sizeLimit = sizeLimit
    segmentSize = min(8 << 20, max(1 << 10, (sizeLimit ?? .max) / 4))
    let opening = try JournalOpening(directory)
    numbers = opening.numbers
    head = opening.head
    headNumber = opening.numbers.last ?? 0
    headRecords = opening.headRecords
    nextNumber = opening.nextNumber
    droppedBytes = opening.droppedBytes
    damage = opening.damage
    cutShort = opening.cutShort
    endsInJump = opening.endsInJump
    // One that cannot be looked at now stops no start.
    for number in numbers where number != headNumber { closedBytes[number] = try? Self.length(number, in: directory) }
  }

  /// Whether the journal holds no record at all.
  public var isEmpty: Bool { numbers.count == 1 && headRecords == 0 && pending == nil && buffer.isEmpty }

  /// The place after the last record appended (during a replay: replayed).
  public var mark: JournalMark {
    replay.mark ?? JournalMark(segment: headNumber, records: headRecords &+ UInt64(pending?.count ?? 0))
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

  /// Adds jumps to where a line begins, one record of the log, so that a crash leaves all or none; durable.
  func appendJumps(to position: SourcePosition?) throws(JournalProblem) {
    guard let position, !position.partitions.isEmpty else { return }
    for partition in position.partitions {
      append(JournalRun(partition: partition.partition, nextOffset: partition.nextOffset, count: 0))
    }
    try sync()
  }

  /// Forgets what was appended and not written.
  func dropUnwritten() {
    pending = nil
    buffer.removeAll(keepingCapacity: true)
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
  /// `syncSucceeded`, `syncFailed` or `syncNotTried` is to follow. Begins a new segment first where this one has grown
  /// long, which waits.
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
  private var isLong: Bool { head.length > segmentSize && !replay.isActive && !endsInJump }

  /// The file that was asked for is on the disk.
  public func syncSucceeded() {
    head.syncSucceeded()
  }

  /// The file that was asked for could not be synced: before anything else is written, the segment becomes a new file
  /// with the same runs, those that may be lost from memory.
  public func syncFailed() {
    head.syncFailed()
  }

  /// Nobody tried to sync the file that was asked for.
  public func syncNotTried() {
    head.syncNotTried()
  }

  /// Writes what was appended and waits until it is on the disk; begins a new segment where this one has grown long.
  public func sync() throws(JournalProblem) {
    try flush()
    try Self.file { () throws(FileProblem) in try head.sync() }
    if isLong { try makeHead(after: JournalMark(segment: headNumber, records: headRecords)) }
  }

  /// Makes the newest segment, which goes on from a place and begins a line where the mark names one; durable when it
  /// returns.
  func makeHead(after mark: JournalMark) throws(JournalProblem) {
    // What stands at the path may be another daemon's by now.
    guard head.isInPlace else { throw .replaced(directory) }
    // Also where the journal was removed: a mark of a snapshot must not mean a later segment of the same number.
    let number = max(nextNumber, mark.segment &+ 1)
    guard !numbers.contains(number) else {
      throw .damaged(path: directory, detail: "there is no number for another segment")
    }
    let next = try Self.make(number, after: mark, in: directory)
    closedBytes[headNumber] = head.length
    head = next
    nextNumber = number &+ 1
    headNumber = number
    headRecords = 0
    endsInJump = false
    numbers.append(number)
  }

  func append(_ run: JournalRun) {
    endsInJump = run.count == 0
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
    let path = JournalSegment.path(number, in: directory)
    // An attempt that failed may have left a header, and another one after it would be read as runs.
    try file { () throws(FileProblem) in try DirectoryHandle.remove(path) }
    let log = try open(path) { _, _ in }
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
