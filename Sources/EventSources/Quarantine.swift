import DurableFiles
import Glibc

/// Records that could not be used, kept for whoever wants to know why: a bounded file of JSON lines.
///
/// Each line is one object: `partition`, `offset`, `reason`, `detail`, `length` (of the whole record in bytes), and its
/// bytes as `text` where they are UTF-8, as `base64` otherwise, cut to `maximumRecordBytes`. When the file has grown to
/// half of the limit it becomes `<path>.1` and a new one is begun, so that the newest records are always there.
///
/// `length` counts the bytes of all entries ever written; a snapshot keeps it, and `truncate(to:)` takes back what a
/// restart will learn and write again. One thread uses a quarantine.
///
/// After a sync that failed the next use begins a new file, of what is on the disk and of the entries since, as far as
/// they can be read back whole; what cannot is counted in `lostBytes`.
public final class Quarantine {
  /// The path of the newest entries; older ones are in `<path>.1`.
  public let path: String

  /// How many bytes all entries ever written have, those dropped since included.
  public private(set) var length: UInt64

  /// What opening found wrong, a sentence each.
  public private(set) var damage: [String] = []
  /// How many bytes of entries a disk that failed took.
  public private(set) var lostBytes: UInt64 = 0

  private let limit: UInt64
  private let maximumRecordBytes: Int
  private var file: OpenFile
  /// `length` when the file was begun.
  private var start: UInt64
  /// How many bytes the line that says so has.
  private var headerLength: UInt64
  /// `length` up to which the newest file is on the disk for certain.
  private var durable: UInt64
  /// Whether a sync of the newest file failed.
  private var isDoubtful = false
  /// The file that another thread syncs, and `length` when it was asked for.
  private var asked: (file: OpenFile, length: UInt64)?

  /// Opens a quarantine, or makes it; what is there is kept: where its first line cannot be read, as `<path>.damaged`.
  ///
  /// - Parameters:
  ///   - path: the file's path, in a directory that exists.
  ///   - limit: how many bytes both files together may have.
  ///   - maximumRecordBytes: how much of a record is kept.
  public init(path: String, limit: UInt64 = 64 << 20, maximumRecordBytes: Int = 64 << 10) throws(FileProblem) {
    self.path = path
    self.limit = max(4096, limit)
    self.maximumRecordBytes = max(16, maximumRecordBytes)
    try Self.setAsideIfNoFile(path, &damage)
    try DirectoryHandle.remove(FileRenewal.temporary(path))
    file = try OpenFile(path, .update)
    if try Self.isDamaged(file) {
      try Self.setAside(path)
      damage.append(
        "the first line of \(path) is damaged: the file was set aside as \(path).damaged, and a new one was begun")
      file = try OpenFile(path, .update)
    } else if try Self.header(of: file) == nil, DirectoryHandle.exists(path + ".1") {
      // A crash came while the older file made way for a new one.
      let older = try OpenFile(path + ".1", .update)
      if try Self.header(of: older) != nil {
        try DirectoryHandle.rename(path + ".1", to: path)
        file = try OpenFile(path, .update)
      }
    }
    if let (start, headerLength) = try Self.header(of: file) {
      self.start = start
      self.headerLength = headerLength
      length = start &+ (try file.size()) &- headerLength
      durable = start
      if (try? file.sync()) == nil { isDoubtful = true } else { durable = length }
      return
    }
    start = 0
    length = 0
    headerLength = 0
    durable = 0
    headerLength = try Self.begin(file, at: 0)
  }

  /// Adds a record.
  ///
  /// - Parameters:
  ///   - record: the record.
  ///   - reason: why it could not be used: a short constant, as metrics have it.
  ///   - detail: more about it, for people.
  public func add(_ record: SourceRecord, reason: String, detail: String) throws(FileProblem) {
    let line = entry(record, reason: reason, detail: detail)
    if isDoubtful { try renewAfterFailedSync() }
    if length &- start &+ UInt64(line.count) > limit / 2, length > start { try rotate(at: length) }
    try file.write(line, at: headerLength &+ length &- start)
    length &+= UInt64(line.count)
  }

  /// The file whose `sync`, on any thread, puts all entries so far on the disk, and after which `syncSucceeded`,
  /// `syncFailed` or `syncNotTried` is to follow.
  public func fileToSync() throws(FileProblem) -> OpenFile {
    if isDoubtful { try renewAfterFailedSync() }
    asked = (file, length)
    return file
  }

  /// The file that was asked for is on the disk.
  public func syncSucceeded() {
    if let asked, asked.file === file { durable = min(max(durable, asked.length), length) }
    asked = nil
  }

  /// The file that was asked for could not be synced: the next use begins a new one.
  public func syncFailed() {
    if let asked, asked.file === file { isDoubtful = true }
    asked = nil
  }

  /// Nobody tried to sync the file that was asked for.
  public func syncNotTried() {
    asked = nil
  }

  /// Takes back the entries after a length that a snapshot kept: the records will be read, and added, again.
  public func truncate(to length: UInt64) throws(FileProblem) {
    if length < start, DirectoryHandle.exists(path + ".1") {
      // The place lies in the older file, which becomes the newest again.
      let older = try OpenFile(path + ".1", .update)
      if let (olderStart, olderHeader) = try Self.header(of: older), olderStart <= length {
        try DirectoryHandle.rename(path + ".1", to: path)
        file = try OpenFile(path, .update)
        start = olderStart
        headerLength = olderHeader
        self.length = start &+ (try older.size()) &- headerLength
        // It was synced when it made way.
        durable = self.length
        isDoubtful = false
      }
    }
    if length >= start && length <= self.length {
      let end = headerLength &+ length &- start
      guard try Self.isEndOfLine(end, in: file) else { return try beginAnew(at: length) }
      try file.truncate(to: end)
      self.length = length
      durable = min(durable, length)
      // What will stand there was not part of what another thread syncs.
      if let asked { self.asked = (asked.file, min(asked.length, length)) }
    } else {
      // Entries are missing (a power loss took them, or the limit did): the count goes on where the snapshot says.
      try rotate(at: length)
    }
  }

  /// The first line lies about where the file begins, or what follows it is not what was written.
  private func beginAnew(at length: UInt64) throws(FileProblem) {
    try Self.setAside(path)
    damage.append("\(path) is damaged: it was set aside as \(path).damaged, and a new one was begun")
    file = try OpenFile(path, .update)
    headerLength = try Self.begin(file, at: length)
    start = length
    self.length = length
    durable = length
    isDoubtful = false
  }

  private static func isEndOfLine(_ end: UInt64, in file: OpenFile) throws(FileProblem) -> Bool {
    var last: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &last) { (byte) throws(FileProblem) in
      try file.read(into: byte, at: end &- 1)
    }
    return count == 1 && last == 0x0a
  }

  /// Sets a directory aside that stands where the file should, or a file that cannot be read.
  private static func setAsideIfNoFile(_ path: String, _ damage: inout [String]) throws(FileProblem) {
    guard DirectoryHandle.exists(path) else { return }
    do throws(FileProblem) {
      _ = try header(of: OpenFile(path, .read))
    } catch {
      guard error.code == EISDIR || error.code == EIO else { throw error }
      try setAside(path)
      damage.append("\(error): it was set aside as \(path).damaged, and a new one was begun")
    }
  }

  private static func setAside(_ path: String) throws(FileProblem) {
    try DirectoryHandle.remove(path + ".damaged")
    try DirectoryHandle.rename(path, to: path + ".damaged")
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
  }

  private func rotate(at length: UInt64) throws(FileProblem) {
    guard self.length > start else {
      // It holds nothing that the older file would have to make room for.
      headerLength = try Self.begin(file, at: length)
      start = length
      self.length = length
      durable = length
      isDoubtful = true
      try file.sync()
      isDoubtful = false
      return
    }
    // Nobody syncs the older file later. Where another thread was asked to sync this very file it may have been told of a
    // failure, which the system tells once: a sync here says nothing then.
    if let asked, asked.file === file { isDoubtful = true }
    do throws(FileProblem) {
      if isDoubtful { try renewAfterFailedSync() } else { try file.sync() }
    } catch {
      isDoubtful = true
      throw error
    }
    // Where entries were lost, another file was begun there already.
    if start == length { return }
    guard file.isInPlace else { throw .replaced(path) }
    try DirectoryHandle.rename(path, to: path + ".1")
    do throws(FileProblem) {
      file = try OpenFile(path, .replace)
    } catch {
      try? DirectoryHandle.rename(path + ".1", to: path)
      throw error
    }
    headerLength = try Self.begin(file, at: length)
    start = length
    self.length = length
    durable = length
    isDoubtful = true
    try file.sync()
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
    isDoubtful = false
  }

  /// A new file in the place of the newest one, of which a sync failed.
  private func renewAfterFailedSync() throws(FileProblem) {
    let place = headerLength &+ durable &- start
    let entries = try wholeEntries(from: place, count: length &- durable)
    // The header was never synced where nothing was.
    let header = durable > start ? [] : Self.header(at: start)
    file = try FileRenewal.make(of: file, upTo: durable > start ? place : 0, and: header + entries)
    lostBytes &+= length &- durable &- UInt64(entries.count)
    let kept = UInt64(entries.count)
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
    isDoubtful = false
    if kept < length &- durable {
      // The count goes on where it is.
      let end = length
      length = durable &+ kept
      durable = length
      try rotate(at: end)
    } else {
      durable = length
    }
  }

  /// The entries in a part of the file, as far as they can be read as they were written.
  private func wholeEntries(from place: UInt64, count: UInt64) throws(FileProblem) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(clamping: count), alignment: 1)
    defer { buffer.deallocate() }
    let read = UnsafeRawBufferPointer(rebasing: buffer[..<(try file.read(into: buffer, at: place))])
    var whole = 0
    while whole < read.count {
      let rest = UnsafeRawBufferPointer(rebasing: read[whole...])
      guard let end = rest.firstIndex(of: 0x0a), rest.starts(with: Self.firstBytes), !rest[..<end].contains(0) else {
        break
      }
      whole += end + 1
    }
    return Array(read[..<whole])
  }

  /// What every entry begins with.
  private static let firstBytes = Array("{\"partition\":".utf8)

  private func entry(_ record: SourceRecord, reason: String, detail: String) -> [UInt8] {
    let kept = UnsafeRawBufferPointer(rebasing: record.bytes.prefix(maximumRecordBytes))
    var line = "{\"partition\":\(record.partition),\"offset\":\(record.offset),\"reason\":"
    JSONText.append(reason, to: &line)
    line += ",\"detail\":"
    JSONText.append(detail, to: &line)
    line += ",\"length\":\(record.isTruncated ? record.nextOffset &- record.offset : Int64(record.bytes.count))"
    if let text = String(validating: kept, as: UTF8.self) {
      line += ",\"text\":"
      JSONText.append(text, to: &line)
    } else {
      line += ",\"base64\":\""
      JSONText.appendBase64(kept, to: &line)
      line += "\""
    }
    line += "}\n"
    return Array(line.utf8)
  }

  private static func header(at length: UInt64) -> [UInt8] {
    Array("{\"quarantine\":1,\"start\":\(length)}\n".utf8)
  }

  private static func begin(_ file: OpenFile, at length: UInt64) throws(FileProblem) -> UInt64 {
    let header = header(at: length)
    try file.truncate(to: 0)
    try file.write(header, at: 0)
    return UInt64(header.count)
  }

  private static let headerStart = "{\"quarantine\":1,\"start\":"

  /// Whether a file begins with neither a first line nor what a crash leaves of one.
  private static func isDamaged(_ file: OpenFile) throws(FileProblem) -> Bool {
    if try header(of: file) != nil { return false }
    let first = try beginning(of: file)
    return !headerStart.utf8.starts(with: first)
      && !(first.starts(with: headerStart.utf8)
        && first.dropFirst(headerStart.utf8.count).allSatisfy { (0x30...0x39).contains($0) || $0 == 0x7d })
  }

  private static func beginning(of file: OpenFile) throws(FileProblem) -> [UInt8] {
    let first = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
    defer { first.deallocate() }
    return Array(first.prefix(try file.read(into: first, at: 0)))
  }

  /// What the first line of a file says: the length at which it begins, and its own.
  private static func header(of file: OpenFile) throws(FileProblem) -> (start: UInt64, length: UInt64)? {
    let bytes = try beginning(of: file)
    guard let newline = bytes.firstIndex(of: 0x0a) else { return nil }
    let line = String(decoding: bytes[..<newline], as: UTF8.self)
    guard line.hasPrefix(headerStart), line.hasSuffix("}") else { return nil }
    guard let start = UInt64(line.dropFirst(headerStart.count).dropLast()) else { return nil }
    return (start, UInt64(newline) + 1)
  }
}
