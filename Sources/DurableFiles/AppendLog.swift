import Glibc

// Unsafe pointers here are the caller's record and a 16-byte header on the stack, both read only during the call.

/// A file of checksummed records that only grows at its end. One owner, one thread at a time; once its buffer has grown
/// appending allocates nothing.
///
/// A record that a crash cut short is removed when the log is opened again, so every record read was wholly written.
/// `Docs/Snapshots.md` describes the format.
///
/// After a sync that failed the system may have dropped what it could not write, and a second sync of the same file
/// would succeed without it. So what was appended since the last sync is kept in memory, and the next use begins a new
/// file: what is known to be on the disk, then what was kept, synced, and renamed over the old one. Every record stays
/// where it was. Until that succeeds nothing can be appended; no restart is needed.
public final class AppendLog {
  /// What to do on opening where more than the tail is damaged.
  public enum DamagePolicy: Sendable {
    /// Throw, and leave the file as it is: for logs of which every record was synced.
    case refuse
    /// Cut the file at the first damage: for logs appended without syncing, of which any prefix is true.
    case cut
  }

  /// The path of the file.
  public let path: String

  /// What opening found.
  public let recovered: AppendLogScan

  /// The number of records in the log.
  public private(set) var records: Int

  /// The length of the log in bytes.
  public private(set) var length: UInt64

  /// How many bytes are kept in memory at most: where more were appended since the last sync, appending waits for one.
  static let keptBytes = 2 << 20

  private var file: OpenFile
  /// What is on the disk for certain.
  private var durableLength: UInt64 = 0
  /// What follows it.
  private var kept: [UInt8] = []
  /// Whether the file may lack what was written to it, or hold what was taken back.
  private var isDoubtful = false
  /// The file that another thread syncs, and the length it had when it was asked for.
  private var asked: (file: OpenFile, length: UInt64)?

  /// Opens the log, or makes it (durably), calling `body` with each record that is there, in order.
  ///
  /// A torn tail is cut off; `recovered` says how many bytes it had. What is there is on the disk when the call returns:
  /// nobody builds on what a crash would still take.
  ///
  /// - Throws: `FileProblem`, of kind `.damaged` where `onDamage` is `.refuse` and more than the tail is damaged; what
  ///   `body` throws.
  public init(
    _ path: String, onDamage: DamagePolicy = .refuse,
    _ body: (_ record: UnsafeRawBufferPointer, _ index: Int) throws -> Void = { _, _ in }
  ) throws {
    self.path = path
    try DirectoryHandle.remove(FileRenewal.temporary(path))
    file = try OpenFile(path, .update)
    let scan = try AppendLogReader.scan(file, body)
    if let damage = scan.damage, onDamage == .refuse {
      throw FileProblem(.damaged, operation: "read", path: path, detail: damage)
    }
    recovered = scan
    records = scan.records
    length = scan.goodLength
    if scan.droppedBytes > 0 { try file.truncate(to: scan.goodLength) }
    if length == 0 {
      try file.write(AppendLogFormat.magic, at: 0)
      length = UInt64(AppendLogFormat.magic.count)
      try file.sync()
      try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
    } else {
      do throws(FileProblem) {
        try file.sync()
      } catch {
        file = try AppendLog.renewed(file, upTo: length, and: [], records: scan.records)
        try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
      }
    }
    durableLength = length
  }

  /// Adds a record of at most 64 MiB at the end. With `synced` it is on the disk when the call returns; without, it
  /// survives the process but, until `sync`, not the machine.
  ///
  /// Where it fails the record is not there, and the log can be used again.
  ///
  /// - Throws: `FileProblem`; of kind `.replaced` where a new file is needed, and the path no longer leads to this one.
  public func append(_ record: UnsafeRawBufferPointer, synced: Bool) throws(FileProblem) {
    guard record.count <= AppendLogFormat.maximumRecord else {
      throw FileProblem(operation: "append to", path: path, code: EMSGSIZE)
    }
    if isDoubtful { try beginAnew() }
    if !synced, kept.count > AppendLog.keptBytes { try sync() }
    let header = AppendLogFormat.header(of: record, at: length)
    let (lengthBefore, keptBefore) = (length, kept.count)
    do throws(FileProblem) {
      try withUnsafeBytes(of: header) { (bytes) throws(FileProblem) in
        try file.write(bytes, at: length)
        kept.append(contentsOf: bytes)
      }
      try file.write(record, at: length + UInt64(AppendLogFormat.headerSize))
      kept.append(contentsOf: record)
      length += UInt64(AppendLogFormat.headerSize + record.count)
      records += 1
      if synced { try sync() }
    } catch {
      if length != lengthBefore { records -= 1 }
      length = lengthBefore
      kept.removeSubrange(keptBefore...)
      // Also where the disk has the record already: what was told to have failed must not be there after a restart.
      if (try? file.truncate(to: length)) == nil { isDoubtful = true }
      throw error
    }
  }

  /// Whether the path still leads to the log's file.
  public var isInPlace: Bool { file.isInPlace }

  /// Waits until every record is on the disk; begins a new file where the system cannot say so of this one.
  ///
  /// It cannot while another thread was asked to sync this very file: the system tells a failure once, and that thread
  /// may have been told.
  public func sync() throws(FileProblem) {
    if let asked, asked.file === file { isDoubtful = true }
    if isDoubtful { return try beginAnew() }
    do throws(FileProblem) {
      try file.sync()
    } catch {
      isDoubtful = true
      return try beginAnew()
    }
    isDurable(upTo: length)
  }

  /// The file whose `sync`, on any thread, puts all records so far on the disk. `syncSucceeded`, `syncFailed` or
  /// `syncNotTried` here is to follow, before the next is asked for.
  public func fileToSync() throws(FileProblem) -> OpenFile {
    if isDoubtful { try beginAnew() }
    asked = (file, length)
    return file
  }

  /// The file that was asked for was synced.
  public func syncSucceeded() {
    // A file that was begun since was synced whole.
    if let asked, asked.file === file, !isDoubtful { isDurable(upTo: asked.length) }
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

  /// Makes other records the whole of the log, in a new file that takes the old one's place; durable when the call
  /// returns.
  ///
  /// - Throws: `FileProblem`; the log then has the old records or the new, and can be used again.
  public func replace(with contents: [[UInt8]]) throws(FileProblem) {
    if isDoubtful { try beginAnew() }
    let bytes = try AppendLogFormat.log(of: contents, path)
    file = try AppendLog.renewed(file, upTo: 0, and: bytes, records: contents.count)
    (records, length, durableLength) = (contents.count, UInt64(bytes.count), UInt64(bytes.count))
    kept = []
    isDoubtful = true
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
    isDoubtful = false
  }

  /// Makes a log of these records in the place of whatever file is there, which nobody uses; durable when the call
  /// returns. A crash leaves the old file or the new one.
  public static func make(_ path: String, of contents: [[UInt8]]) throws(FileProblem) {
    try AtomicFile.replace(at: path, with: try AppendLogFormat.log(of: contents, path))
  }

  private func isDurable(upTo end: UInt64) {
    guard end > durableLength else { return }
    kept.removeFirst(Int(min(end - durableLength, UInt64(kept.count))))
    durableLength = end
  }

  private func beginAnew() throws(FileProblem) {
    file = try AppendLog.renewed(file, upTo: durableLength, and: kept, records: records)
    // Where this fails the new file is in place, and the next use makes another of it.
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
    isDoubtful = false
    isDurable(upTo: length)
  }

  /// A new file in the place of the old one, once it is certain that it holds all records.
  private static func renewed(_ old: OpenFile, upTo length: UInt64, and rest: [UInt8], records: Int)
    throws(FileProblem) -> OpenFile
  {
    try FileRenewal.make(of: old, upTo: length, and: rest) { (file) throws(FileProblem) in
      let scan: AppendLogScan
      do {
        scan = try AppendLogReader.scan(file) { _, _ in }
      } catch {
        throw error as? FileProblem ?? FileProblem(.damaged, operation: "read", path: file.path, detail: "\(error)")
      }
      guard scan.records == records, scan.droppedBytes == 0 else {
        throw FileProblem(
          .damaged, operation: "copy", path: old.path,
          detail: "\(scan.records) of \(records) records could be read: \(scan.damage ?? "the rest is gone")")
      }
    }
  }
}
