// Unsafe memory: `records` is this object's own array; the bytes its elements point to belong to the line reader and
// are valid until it is asked for more, which is as long as a batch is valid.
import Glibc

/// Standard input as a source of events: one record a line, and no promise of replay, since nothing can be read twice.
public final class StandardInputSource: EventSource {
  /// Standard input.
  public var kind: SourceKind { .stdin }

  /// A stream has one order.
  public var needsOrderJournal: Bool { false }

  /// What comes now.
  public var hasCertainStart: Bool { true }

  private let descriptor: Int32
  private let limit: Int
  private var lines: LineReader?
  private var failure: SourceProblem?
  private var records: UnsafeMutableBufferPointer<SourceRecord> = .allocate(capacity: 1024)

  /// Makes a source.
  ///
  /// - Parameters:
  ///   - descriptor: what to read, standard input unless given; it stays the caller's.
  ///   - maximumRecordBytes: the longest line, in bytes, that is delivered whole.
  public init(descriptor: Int32 = STDIN_FILENO, maximumRecordBytes: Int = 1 << 20) {
    self.descriptor = descriptor
    limit = maximumRecordBytes
  }

  deinit {
    records.deallocate()
  }

  /// Begins, or goes on: what was read before cannot be read again, and the report says so.
  ///
  /// The position counts bytes, those of earlier runs included.
  public func start(at position: SourcePosition?, missing: MissingPositionPolicy, replaying: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    if missing.isExact {
      throw SourceProblem(
        .configuration, "standard input is read from what comes now, and from no other place: resume with `latest`")
    }
    if let position, position.kind != .stdin, missing == .refuse {
      throw SourceProblem(
        .otherSource,
        "the saved position belongs to a \(position.kind.rawValue) source, but events now come from standard input. "
          + "Correct the source's settings, or tell learning to go on at `latest`",
        lost: position.partitions.map { LostPosition(partition: $0.partition, wanted: $0.nextOffset) })
    }
    failure = nil
    var report = StartReport(position: position ?? SourcePosition(kind: .stdin, identity: ""))
    if report.position.kind != .stdin {
      report.isAnotherSource = true
      report.position.partitions.removeAll { $0.partition != 0 }
    }
    report.position.kind = .stdin
    report.position.identity = ""
    let saved = report.position[0]?.nextOffset
    if let saved, saved > 0, saved != lines?.offset {
      report.notes.append(
        .remark(
          "standard input cannot be read again: of what followed byte \(saved), only what comes now is learned"))
    }
    if lines == nil {
      let descriptor = descriptor
      lines = LineReader(limit: limit, offset: saved ?? 0) { (buffer) throws(SourceProblem) in
        try Self.read(descriptor, buffer)
      }
    }
    let offset = lines?.offset ?? 0
    if offset != saved { report.position.jump(partition: 0, to: offset) }
    return report
  }

  /// Delivers the next lines: see `EventSource`.
  public func nextBatch(maximum: Int, timeoutMilliseconds: Int, _ body: (RecordBatch) -> Void) -> SourceEvent {
    guard failure == nil, let lines else {
      sleep(milliseconds: Int64(timeoutMilliseconds))
      return .problem(failure ?? SourceProblem(.missing, "the source is not started"))
    }
    if records.count < maximum {
      records.deallocate()
      records = .allocate(capacity: maximum)
    }
    let room = UnsafeMutableBufferPointer(rebasing: records[..<max(1, maximum)])
    let deadline = monotonicMilliseconds() + Int64(timeoutMilliseconds)
    do throws(SourceProblem) {
      while true {
        switch try lines.next(into: room, endsLine: true) {
        case .records(let count):
          body(RecordBatch(records: UnsafeBufferPointer(rebasing: room[..<count])))
          return .records(count)
        case .end: return .endOfStream
        case .waiting:
          let left = deadline - monotonicMilliseconds()
          if left <= 0 { return .idle(caughtUp: true) }
          var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
          _ = poll(&request, 1, Int32(clamping: left))
        }
      }
    } catch {
      failure = error
      return .problem(error)
    }
  }

  /// Nobody knows how much is to come.
  public func sight() -> SourceSight? { SourceSight(ends: [:]) }

  /// Stops reading; the descriptor stays open.
  public func close() {
    lines = nil
  }

  private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) throws(SourceProblem) -> Int? {
    while true {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, 0) > 0 else { return nil }
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno == EAGAIN { return nil }
      if errno == EINTR { continue }
      throw SourceProblem(.unreadable, "standard input cannot be read: \(String(cString: strerror(errno)))")
    }
  }
}
