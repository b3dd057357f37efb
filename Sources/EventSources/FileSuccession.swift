import Compression

/// Watches whether the file that is read is still the one that is written, and knows what comes after it.
///
/// Files that appear at the path are opened as soon as they are seen, so that they are read in their order however
/// often they are renamed before their turn comes.
final class FileSuccession {
  /// How often the path is looked at, in milliseconds.
  static let lookInterval: Int64 = 50
  /// How many files are kept open until their turn comes; later ones are found again by their times.
  private static let mostAwaited = 64
  private static let mostLeft = 8

  private let start: FileStart
  private let clock: FileClock
  private var own: DecompressingReader
  private var ownPlace: FilePlace?
  /// The first bytes of the file that is read, where it is compressed; those of a plain one may grow.
  private var ownHead: FileHead?
  private var awaited: [Awaited] = []
  private var lastLook: Int64?

  /// Whether the file that is read was seen at the path, and since when another one was seen there after it.
  private var wasSeenAtPath = false
  private var supersededSince: Int64?

  /// A file that was seen at the path, and since when another one was.
  private struct Awaited {
    var reader: DecompressingReader
    var place: FilePlace
    var supersededSince: Int64?
  }

  /// What keeps the file at the path from being opened, for as long as it does.
  private(set) var unreadable: SourceProblem?
  /// What is wrong where the path leads back to a file that was read, or whose turn is still to come.
  private(set) var returned: String?

  /// Since when the file has not grown, beyond which byte; and whether files that came after it were rotated as well.
  private var quiet: (offset: Int64, since: Int64, isLongSuperseded: Bool)?

  /// The files that were read before, as far as they are known, the last of them last: they are kept open, so that one
  /// that is written to lately is not taken for one that came later.
  private var leftFiles: [LeftFile]
  /// The file before, where only its first bytes are known.
  private var leftHead: FileHead?

  /// Begins with a file that was opened by `start`; `left` is the one that was read before it.
  init(_ start: FileStart, _ reader: DecompressingReader, left: LeftFile?, leftHead: FileHead?) {
    self.start = start
    clock = start.settings.clock
    own = reader
    leftFiles = left.map { [$0] } ?? []
    self.leftHead = leftHead
    took(reader)
  }

  /// Goes on with the file that was read, which was opened anew.
  func reopened(_ reader: DecompressingReader) {
    took(reader)
  }

  private func took(_ reader: DecompressingReader) {
    own = reader
    ownPlace = FileStatus(descriptor: reader.descriptor)?.place
    ownHead = reader.format == .plain ? nil : try? FileHead(of: reader)
    quiet = nil
  }

  /// What the files that were read before have to tell: what was written to them since.
  func lookAtLeftFiles() -> [SourceNotice] { leftFiles.compactMap { $0.look() } }

  /// What is wrong although lines are delivered.
  var standingProblem: String? {
    let problems = leftFiles.compactMap(\.problem) + [returned].compactMap(\.self)
    return problems.isEmpty ? nil : problems.joined(separator: ". ")
  }

  /// Whether nothing else is at the path than what is read.
  var isNewest: Bool { awaited.isEmpty && unreadable == nil && returned == nil }

  /// Bytes of the files whose turn is still to come.
  var awaitedBytes: Int64 {
    awaited.reduce(0) { $0 + max(0, FileStatus(descriptor: $1.reader.descriptor)?.size ?? 0) }
  }

  /// Whether another file has come after the one that is read.
  var isSuperseded: Bool { !awaited.isEmpty }

  /// Looks whether there is another file at the path now, some times a second.
  func look() throws(SourceProblem) {
    let now = clock.milliseconds()
    if let lastLook, now - lastLook < Self.lookInterval { return }
    lastLook = now
    leftFiles.removeAll(where: \.isGone)
    (unreadable, returned) = (nil, nil)
    let there: FilePlace
    switch FileStatus.look(at: start.settings.path) {
    case .there(let status): there = status.place
    case .missing: return
    case .unknown(let code): return unreadable = start.cannotOpen(start.settings.path, code)
    }
    if there == ownPlace, awaited.isEmpty { wasSeenAtPath = true }
    if isKnown(there) { return }
    guard awaited.count < Self.mostAwaited else { return }
    do throws(SourceProblem) {
      let opened = try start.open(start.settings.path)
      guard let place = FileStatus(descriptor: opened.descriptor)?.place, !isKnown(place) else { return }
      // One that was written anew is another file: what was known of it holds no longer.
      leftFiles.removeAll { $0.place == place }
      if let last = awaited.indices.last {
        awaited[last].supersededSince = now
      } else if wasSeenAtPath {
        supersededSince = now
      }
      awaited.append(Awaited(reader: opened, place: place))
    } catch {
      switch error.kind {
      // It was renamed since: the next look sees what came instead.
      case .missing: return
      case .unreadable where error.isTransient: unreadable = error
      default: throw error
      }
    }
  }

  /// Whether a file at the path was seen before, so that it is not to be read from its beginning. Says so where it is
  /// not the last one that was seen. All that are known are open, so that no other file can be in their place.
  private func isKnown(_ there: FilePlace) -> Bool {
    if there == (awaited.last?.place ?? ownPlace) { return true }
    let isLeft = leftFiles.contains { $0.place == there && $0.isUnchanged }
    guard isLeft || there == ownPlace || awaited.contains(where: { $0.place == there }) else { return false }
    returned =
      "\(start.settings.path) leads back to a file that is read already, or will be in its turn: it is not read a second "
      + "time, and lines that it gets now may not be learned. Put the file that comes next there, and never one from "
      + "before"
    return true
  }

  /// Whether nobody will write to the file that is read any more: another one was begun in its place, and it did not
  /// grow for a while. To be asked before the read that finds nothing more.
  func isFinished() throws(SourceProblem) -> Bool {
    lastLook = nil
    try look()
    guard isSuperseded else {
      quiet = nil
      return false
    }
    if own.format != .plain { return true }
    let now = clock.milliseconds()
    if quiet?.offset != own.offset || quiet == nil {
      quiet = (own.offset, now, (try? rotated(after: own).isEmpty) == false)
    }
    guard let quiet else { return false }
    if now - quiet.since >= start.settings.quietMilliseconds { return true }
    // Its writer may have been idle for long before a rotation that was seen.
    if let supersededSince, now - supersededSince < start.settings.quietMilliseconds { return false }
    // Where its time shows that it was left long ago, as after a stop, nothing is waited for. Renaming shows in the time
    // of change; a file whose successors were rotated as well may be renamed at any time.
    guard let status = FileStatus(descriptor: own.descriptor) else { return false }
    let touched = quiet.isLongSuperseded ? status.modified : max(status.modified, status.changed)
    return clock.wallNanoseconds() - touched >= start.settings.quietMilliseconds * 1_000_000
  }

  /// Opens the file that comes next and leaves the one that was read to a byte.
  ///
  /// - Throws: a transient problem where a file that may come first is still being compressed.
  func goOn(from offset: Int64) throws(SourceProblem) -> DecompressingReader {
    let found = try nextFile()
    let next = found.reader
    // What is still being compressed is left for later.
    if next.format != .plain { _ = try start.head(of: next) }
    // What was told of them stands until the next rotation, which this is.
    for file in leftFiles { file.forgetTold() }
    leftFiles.append(LeftFile(own, at: offset, for: next.path, clock: clock))
    if leftFiles.count > Self.mostLeft { leftFiles.removeFirst() }
    leftHead = ownHead
    took(next)
    (wasSeenAtPath, supersededSince) = (found.wasSeenAtPath, found.supersededSince)
    return next
  }

  private func nextFile() throws(SourceProblem) -> (
    reader: DecompressingReader, wasSeenAtPath: Bool, supersededSince: Int64?
  ) {
    for _ in 0..<10 {
      do throws(SourceProblem) {
        if let oldest = try rotated(after: own).first { return (try start.open(oldest.path), false, nil) }
        guard awaited.isEmpty else {
          let next = awaited.removeFirst()
          return (next.reader, true, next.supersededSince)
        }
        return (try start.open(start.settings.path), false, nil)
      } catch {
        // Renamed since the folder was read.
        guard error.kind == .missing else { throw error }
      }
    }
    throw SourceProblem(
      .missing, "the file after \(own.path) is renamed again and again; trying on", isTransient: true)
  }

  /// The rotated files that come after one and were never seen at the path, oldest first.
  private func rotated(after reader: DecompressingReader) throws(SourceProblem) -> [RotatedFiles.File] {
    guard let status = FileStatus(descriptor: reader.descriptor) else { return [] }
    let known = awaited.map(\.place) + leftFiles.compactMap(\.place) + [status.place]
    // All rotated files come before the one at the path. One that was seen and has been rotated since has its time.
    var latest = Int64.max
    if let first = awaited.first, first.place != FileStatus(path: start.settings.path)?.place {
      latest = FileStatus(descriptor: first.reader.descriptor)?.modified ?? .max
    }
    let files = try start.rotatedFiles()
    let own = files.first { $0.place == status.place }
    var found: [RotatedFiles.File] = []
    for file in files.reversed() where file.modified <= latest && !known.contains(file.place) {
      guard own?.isOlder(than: file) ?? (file.modified > status.modified) else { continue }
      if file.isCompressed, try isCopy(file) { continue }
      found.append(file)
    }
    return found
  }

  /// Whether a compressed file is the one that is read, or the one before it.
  private func isCopy(_ file: RotatedFiles.File) throws(SourceProblem) -> Bool {
    let head = try start.head(of: file.path)
    let own = if let ownHead { ownHead } else { try start.head(of: own) }
    return head == own || head == leftHead || leftFiles.contains { head == $0.head }
  }
}
