import Glibc

// Unsafe pointers here are the caller's record and a 16-byte header on the stack, both read only during the call.

/// A file of checksummed records that only grows at its end. One owner, one thread at a time; appending allocates
/// nothing.
///
/// A record that a crash cut short is removed when the log is opened again, so every record read was wholly written.
/// `Docs/Snapshots.md` describes the format.
public final class AppendLog {
  /// What to do on opening where more than the tail is damaged.
  public enum DamagePolicy: Sendable {
    /// Throw, and leave the file as it is: for logs of which every record was synced.
    case refuse
    /// Cut the file at the first damage: for logs appended without syncing, of which any prefix is true.
    case cut
  }

  /// The path of the file.
  public var path: String { file.path }

  /// What opening found.
  public let recovered: AppendLogScan

  /// The number of records in the log.
  public private(set) var records: Int

  /// The length of the log in bytes.
  public private(set) var length: UInt64

  private let file: OpenFile
  private var isUsable = true

  /// Opens the log, or makes it (durably), calling `body` with each record that is there, in order.
  ///
  /// A torn tail is cut off and the cut is synced; `recovered` says how many bytes it had.
  ///
  /// - Throws: `FileProblem`, of kind `.damaged` where `onDamage` is `.refuse` and more than the tail is damaged; what
  ///   `body` throws.
  public init(
    _ path: String, onDamage: DamagePolicy = .refuse,
    _ body: (_ record: UnsafeRawBufferPointer, _ index: Int) throws -> Void = { _, _ in }
  ) throws {
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
    } else if scan.droppedBytes > 0 {
      try file.sync()
    }
  }

  /// Adds a record of at most 64 MiB at the end. With `synced` it is on the disk when the call returns; without, it
  /// survives the process but, until `sync`, not the machine.
  ///
  /// Where the write fails (a full disk) the log is cut back to what it was and can be used again.
  ///
  /// - Throws: `FileProblem`; of kind `.unusable` after a failure that could not be undone.
  public func append(_ record: UnsafeRawBufferPointer, synced: Bool) throws(FileProblem) {
    guard isUsable else { throw unusable("append to") }
    guard record.count <= AppendLogFormat.maximumRecord else {
      throw FileProblem(operation: "append to", path: path, code: EMSGSIZE)
    }
    let size = UInt32(truncatingIfNeeded: record.count)
    let check = AppendLogFormat.lengthCheck(size, at: length)
    let header = (size.littleEndian, check.littleEndian, AppendLogFormat.checksum(record, at: length).littleEndian)
    do throws(FileProblem) {
      try withUnsafeBytes(of: header) { (bytes) throws(FileProblem) in try file.write(bytes, at: length) }
      try file.write(record, at: length + UInt64(AppendLogFormat.headerSize))
    } catch {
      if (try? file.truncate(to: length)) == nil { isUsable = false }
      throw error
    }
    length += UInt64(AppendLogFormat.headerSize + record.count)
    records += 1
    if synced { try sync() }
  }

  /// Waits until every record is on the disk. After a failure the log refuses further use: the system may have dropped
  /// what it could not write.
  public func sync() throws(FileProblem) {
    guard isUsable else { throw unusable("sync") }
    do throws(FileProblem) {
      try file.sync()
    } catch {
      isUsable = false
      throw error
    }
  }

  /// The file whose `sync`, on any thread, puts all records so far on the disk. Where it fails there, `refuseUse`
  /// must follow here.
  ///
  /// - Throws: `FileProblem` of kind `.unusable` after a failure that could not be undone: another sync would succeed
  ///   without the records that the system dropped.
  public func fileToSync() throws(FileProblem) -> OpenFile {
    guard isUsable else { throw unusable("sync") }
    return file
  }

  /// Refuses further use: a sync failed, and the system may have dropped what it could not write.
  public func refuseUse() {
    isUsable = false
  }

  private func unusable(_ operation: String) -> FileProblem {
    FileProblem(
      .unusable, operation: operation, path: path,
      detail: "an earlier write or sync failed and could not be undone; restart to recover what was written")
  }
}
