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
  /// How long a file that was rotated away must have stood still before its successor is begun: its writer may not
  /// have noticed yet.
  static let restBeforeSuccessor: Int64 = 300

  /// A file.
  public var kind: SourceKind { .file }

  /// A file has one order.
  public var needsOrderJournal: Bool { false }

  /// Where the settings name an offset.
  public var hasCertainStart: Bool { settings.startsAt.isExact }

  let settings: FileSourceSettings
  var lines: LineReader?
  var reader: DecompressingReader?
  var failure: SourceProblem?
  private let notify: @Sendable (SourceNotice) -> Void
  private var records: UnsafeMutableBufferPointer<SourceRecord> = .allocate(capacity: 1024)
  private var newIdentity: String?
  private var rotatedSince: Int64?
  private var isAtEnd = false

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
    lines = nil
    reader = nil
    newIdentity = nil
    rotatedSince = nil
    isAtEnd = false
    let start = try FileStart(settings: settings).resolve(position, missing: missing)
    reader = start.reader
    lines = start.lines
    return start.report
  }

  /// Delivers the next lines: see `EventSource`.
  public func nextBatch(maximum: Int, timeoutMilliseconds: Int, _ body: (RecordBatch) -> Void) -> SourceEvent {
    let deadline = monotonicMilliseconds() + Int64(timeoutMilliseconds)
    while true {
      guard failure == nil, let lines else {
        let problem = failure ?? SourceProblem(.missing, "the source is not started")
        sleep(milliseconds: Int64(timeoutMilliseconds))
        return .problem(problem)
      }
      do throws(SourceProblem) {
        let room = reserve(maximum)
        // A line at the end of a file that was rotated away will not be continued.
        switch try lines.next(into: room, endsLine: !settings.follows || isFinished()) {
        case .records(let count):
          isAtEnd = false
          rotatedSince = nil
          body(RecordBatch(records: UnsafeBufferPointer(rebasing: room[..<count]), newIdentity: newIdentity))
          newIdentity = nil
          return .records(count)
        case .end where !settings.follows:
          return .endOfStream
        case .end, .waiting:
          isAtEnd = true
          if isFinished() {
            try openSuccessor()
          } else {
            try checkLength()
            let left = deadline - monotonicMilliseconds()
            if left <= 0 { return .idle(caughtUp: true) }
            sleep(milliseconds: min(left, Self.pollInterval))
          }
        }
      } catch {
        failure = error
        return .problem(error)
      }
    }
  }

  /// How many bytes of a plain file are still to be read; nil for a compressed one.
  public func lag() -> [PartitionLag]? {
    guard let lines, let reader, reader.format == .plain else { return nil }
    var status = stat()
    guard fstat(reader.descriptor, &status) == 0 else { return nil }
    let size = Int64(status.st_size)
    return [
      PartitionLag(
        partition: 0, nextOffset: lines.offset, endOffset: max(size, lines.offset),
        behind: max(0, size - lines.offset))
    ]
  }

  /// Closes the file.
  public func close() {
    lines = nil
    reader = nil
  }

  /// Whether the open file is no longer the one that is written, and has stood still for a while.
  private func isFinished() -> Bool {
    guard isAtEnd, let reader else { return false }
    var own = stat()
    var named = stat()
    guard fstat(reader.descriptor, &own) == 0, stat(settings.path, &named) == 0 else { return false }
    if own.st_ino == named.st_ino && own.st_dev == named.st_dev { return false }
    let now = monotonicMilliseconds()
    let since = rotatedSince ?? now
    rotatedSince = since
    return now - since >= Self.restBeforeSuccessor
  }

  private func openSuccessor() throws(SourceProblem) {
    guard let old = reader else { return }
    var status = stat()
    fstat(old.descriptor, &status)
    let next = RotatedFiles(path: settings.path).successor(
      ofFileModified: RotatedFiles.nanoseconds(status), excluding: UInt64(status.st_ino))
    let opened = try FileStart(settings: settings).open(next)
    notify(SourceNotice(.info, "\(old.path) was rotated and is read to its end; going on in \(next)"))
    reader = opened
    lines = FileStart.lines(of: opened, limit: settings.maximumRecordBytes)
    newIdentity = try FileStart(settings: settings).identity(of: next).text
    isAtEnd = false
    rotatedSince = nil
  }

  /// A followed file that became shorter was emptied under us.
  private func checkLength() throws(SourceProblem) {
    guard let reader, let lines else { return }
    var status = stat()
    guard fstat(reader.descriptor, &status) == 0, Int64(status.st_size) < lines.offset else { return }
    throw SourceProblem(
      .positionLost,
      "\(reader.path) became shorter while it was read: \(lines.offset) bytes were learned, it has \(status.st_size). "
        + "Rotate it by renaming, not by emptying it. Learning stops until it is told to go on at "
        + FileStart.placesToChoose,
      lost: [
        LostPosition(partition: 0, wanted: lines.offset, earliest: 0, latest: Int64(status.st_size))
      ])
  }

  private func reserve(_ maximum: Int) -> UnsafeMutableBufferPointer<SourceRecord> {
    if records.count < maximum {
      records.deallocate()
      records = .allocate(capacity: maximum)
    }
    return UnsafeMutableBufferPointer(rebasing: records[..<max(1, maximum)])
  }
}

/// Lets the thread wait.
func sleep(milliseconds: Int64) {
  guard milliseconds > 0 else { return }
  var time = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
  nanosleep(&time, nil)
}
