// Unsafe memory: `records` is this object's own array; the bytes its elements point to belong to the line reader and
// are valid until it is asked for more, which is as long as a batch is valid.
import Compression
import Glibc

/// A file of lines as a source of events: one record a line; plain, gzip, xz or zstd.
///
/// The position is the offset of the next line in the uncompressed stream. A followed file is read as it grows; when it
/// is renamed and begun anew (rotation), the old one is read to its end and then the new one.
public final class FileSource: EventSource {
  /// How often a followed file is looked at, in milliseconds.
  static let pollInterval: Int64 = 50
  /// How long a file that is still being compressed is left alone.
  private static let compressionInterval: Int64 = 1000

  /// A file.
  public var kind: SourceKind { .file }

  /// A file has one order.
  public var needsOrderJournal: Bool { false }

  /// Where the settings name an offset.
  public var hasCertainStart: Bool { settings.startsAt.isExact }

  /// Whether what is read is no file but a stream, such as a pipe, that cannot be read a second time.
  public var isStream: Bool { reading.map { !$0.reader.isRegular } ?? false }

  /// What was written to files that were rotated away, after learning had gone on; and whether one of them is back.
  public var standingProblem: SourceFlaw? {
    (reading?.succession ?? suspended?.succession)?.standingProblem.map(SourceFlaw.passedOver)
  }

  let settings: FileSourceSettings
  private let start: FileStart
  private let clock: FileClock
  private let notify: @Sendable (SourceNotice) -> Void
  private var records: UnsafeMutableBufferPointer<SourceRecord> = .allocate(capacity: 1024)
  private var reading: Reading?
  private var failure: SourceProblem?
  private var isAtEnd = false
  /// Whether it was told that the path leads back to a file from before.
  private var isReturnTold = false

  /// What is waited for while a file is being compressed, where reading goes on then, and when that is tried.
  private var suspended: Suspension?

  /// Whether the lines that come next are the first of another file, and what is known of the one before it by now.
  private var owesIdentity = false
  private var leftIdentity: FileIdentity?

  /// What is being read.
  private struct Reading {
    var reader: DecompressingReader
    var lines: LineReader
    /// Nil before the first line of a file that came after another: only a file with bytes has an identity.
    var identity: FileIdentity?
    /// What comes after the file; nil where it is not followed.
    var succession: FileSuccession?
  }

  private struct Suspension {
    var problem: SourceProblem
    var position: SourcePosition
    var until: Int64
    var succession: FileSuccession?
  }

  /// Makes a source; nothing is opened before it starts.
  ///
  /// - Parameters:
  ///   - settings: what to read.
  ///   - notify: takes notices for the log, on the thread that calls.
  /// - Throws: `configuration` where a file that is named as compressed is to be followed.
  public init(_ settings: FileSourceSettings, notify: @escaping @Sendable (SourceNotice) -> Void = { _ in })
    throws(SourceProblem)
  {
    self.settings = settings
    self.notify = notify
    start = FileStart(settings: settings)
    clock = settings.clock
    if settings.follows, CompressionFormat(suffixOf: settings.path) != nil {
      throw SourceProblem(
        .configuration, "\(settings.path) is compressed and cannot be followed: only plain files grow line by line")
    }
  }

  deinit {
    records.deallocate()
  }

  /// Begins, or begins again: see `EventSource`. Reads the last record learned again and compares it.
  ///
  /// A journal's runs are of no interest: a file has one order.
  public func start(at position: SourcePosition?, missing: MissingPositionPolicy, replaying: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    failure = nil
    reading = nil
    suspended = nil
    owesIdentity = false
    leftIdentity = nil
    let opened = try start.resolve(position, missing: missing)
    var succession: FileSuccession?
    if settings.follows {
      let left = start.left(by: opened.report.position)
      succession = FileSuccession(start, opened.reader, left: left.file, leftHead: left.head)
    }
    begin(opened, succession)
    return opened.report
  }

  private func begin(_ opened: FileStart.Opened, _ succession: FileSuccession?) {
    isAtEnd = false
    reading = Reading(
      reader: opened.reader, lines: opened.lines, identity: FileIdentity(text: opened.report.position.identity),
      succession: succession)
  }

  /// Delivers the next lines: see `EventSource`.
  public func nextBatch(maximum: Int, timeoutMilliseconds: Int, _ body: (RecordBatch) -> Void) -> SourceEvent {
    let deadline = clock.milliseconds() + Int64(timeoutMilliseconds)
    do throws(SourceProblem) {
      if let failure { throw failure }
      try resumeIfSuspended()
      while true {
        guard let reading else { throw SourceProblem(.missing, "the source is not started") }
        let room = reserve(maximum)
        try lookAround()
        // The last line of a file that was rotated away may have no end: none will come.
        let isFinished = isAtEnd ? try reading.succession?.isFinished() ?? false : false
        switch try reading.lines.next(into: room, endsLine: !settings.follows || isFinished) {
        case .records(let count):
          isAtEnd = isFinished
          try deliver(UnsafeBufferPointer(rebasing: room[..<count]), body)
          return .records(count)
        case .end where !settings.follows:
          return .endOfStream
        case .end, .waiting:
          isAtEnd = true
          if isFinished {
            try goOn()
          } else {
            try checkLength()
            let left = deadline - clock.milliseconds()
            if left <= 0 {
              if let problem = reading.succession?.unreadable { return .problem(problem) }
              return .idle(caughtUp: reading.succession?.isNewest ?? true)
            }
            clock.wait(min(left, Self.pollInterval))
          }
        }
      }
    } catch {
      // A lasting state is told again with each call, which therefore takes its time.
      defer { clock.wait(max(0, deadline - clock.milliseconds())) }
      return .problem(noted(error))
    }
  }

  /// Hands out lines with what they tell of the file's identity.
  private func deliver(
    _ lines: UnsafeBufferPointer<SourceRecord>, _ body: (RecordBatch) -> Void
  ) throws(SourceProblem) {
    // A stream has no identity: it cannot be read again.
    guard let reading, reading.reader.isRegular else { return body(RecordBatch(records: lines)) }
    let identity = if let known = reading.identity { known } else { try start.identity(of: reading.reader) }
    self.reading?.identity = identity
    if owesIdentity {
      owesIdentity = false
      return body(
        RecordBatch(records: lines, newIdentity: identity.text, refreshedIdentity: leftIdentity?.text))
    }
    guard identity.isShort, reading.reader.format == .plain,
      reading.lines.offset >= FileHead.length || identity.isOfEmptyFile
    else { return body(RecordBatch(records: lines)) }
    let grown = identity.grown(to: try start.head(of: reading.reader))
    self.reading?.identity = grown
    body(RecordBatch(records: lines, refreshedIdentity: grown.text))
  }

  /// Keeps what ends reading; where it passes by itself, where to go on.
  private func noted(_ problem: SourceProblem) -> SourceProblem {
    guard problem.isTransient else {
      failure = problem
      return problem
    }
    // The library that decompresses cannot go on where data ended early.
    if let reading, reading.reader.format != .plain, let identity = reading.identity {
      let place = PartitionPosition(partition: 0, nextOffset: reading.lines.offset)
      let position = SourcePosition(kind: .file, identity: identity.text, partitions: [place])
      suspended = Suspension(
        problem: problem, position: position, until: clock.milliseconds() + Self.compressionInterval,
        succession: reading.succession)
      self.reading = nil
    } else if let waiting = suspended, clock.milliseconds() >= waiting.until {
      suspended?.problem = problem
      suspended?.until = clock.milliseconds() + Self.compressionInterval
    }
    return problem
  }

  private func resumeIfSuspended() throws(SourceProblem) {
    guard let waiting = suspended else { return }
    guard clock.milliseconds() >= waiting.until else { throw waiting.problem }
    let opened = try start.resolve(waiting.position, missing: .refuse)
    suspended = nil
    waiting.succession?.reopened(opened.reader)
    begin(opened, waiting.succession)
  }

  /// Where a plain file ends, with those that came after it; of a compressed one, or where none is open, nobody knows.
  public func sight() -> SourceSight? {
    guard let reading, reading.reader.format == .plain,
      let size = FileStatus(descriptor: reading.reader.descriptor)?.size
    else { return SourceSight(ends: [:]) }
    // While learning is paused nobody else looks. What fails is told when reading goes on.
    try? reading.succession?.look()
    return SourceSight(
      ends: [0: max(size, reading.lines.offset) &+ (reading.succession?.awaitedBytes ?? 0)],
      identity: owesIdentity ? "" : reading.identity?.text)
  }

  /// Closes the file.
  public func close() {
    reading = nil
  }

  /// Looks what became of the path, and of the file that was read before.
  private func lookAround() throws(SourceProblem) {
    guard let succession = reading?.succession else { return }
    try succession.look()
    if let returned = succession.returned, !isReturnTold { notify(SourceNotice(.warning, returned)) }
    isReturnTold = succession.returned != nil
    for notice in succession.lookAtLeftFiles() { notify(notice) }
  }

  /// Goes on in the file that came after the one that was read to its end.
  private func goOn() throws(SourceProblem) {
    guard let reading, let succession = reading.succession else { return }
    // All of a small file tells it better than its beginning.
    let head = reading.reader.format == .plain ? try start.head(of: reading.reader) : nil
    let next = try succession.goOn(from: reading.lines.offset)
    // Of a file that no line came from nobody knows: the one before it is the one that was left.
    if !owesIdentity { leftIdentity = head.flatMap { reading.identity?.grown(to: $0) } ?? reading.identity }
    notify(SourceNotice(.info, "\(reading.reader.path) was rotated and is read to its end; going on in \(next.path)"))
    let identity = next.format == .plain ? nil : try start.identity(of: next)
    self.reading = Reading(reader: next, lines: start.lines(of: next), identity: identity, succession: succession)
    owesIdentity = true
    isAtEnd = false
  }

  /// A followed file that became shorter was emptied under us.
  private func checkLength() throws(SourceProblem) {
    guard let reader = reading?.reader, reader.format == .plain,
      let size = FileStatus(descriptor: reader.descriptor)?.size, size < reader.offset
    else { return }
    throw FileStart.rewritten(reader, upTo: reader.offset)
  }

  private func reserve(_ maximum: Int) -> UnsafeMutableBufferPointer<SourceRecord> {
    if records.count < maximum {
      records.deallocate()
      records = .allocate(capacity: maximum)
    }
    return UnsafeMutableBufferPointer(rebasing: records[..<max(1, maximum)])
  }
}
