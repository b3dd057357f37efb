import Glibc

// Unsafe pointers here are read or written by the kernel within the bounds of the buffer they were given with, and
// only during the call.

/// An open file, closed when its last owner lets go of it. Every call that the system interrupts is repeated, and every
/// short read or write is continued.
///
/// Positions are given with each call, so that there is no shared file offset; calls from several threads are as safe
/// as the system's `pread` and `pwrite`.
public final class OpenFile: Sendable {
  /// How a file is opened.
  public enum Mode: Sendable {
    /// For reading; it must be there.
    case read
    /// For reading and writing; made where it is not there.
    case update
    /// For reading and writing; emptied where it is there.
    case replace
  }

  /// The path it was opened by.
  public let path: String

  /// The system's number for it.
  public let descriptor: Int32

  /// Opens a file; one that is made gets mode 0640 less the process's mask, and belongs to the owner of its directory
  /// where root makes it.
  public init(_ path: String, _ mode: Mode) throws(FileProblem) {
    let flags =
      switch mode {
      case .read: O_RDONLY
      case .update: O_RDWR | O_CREAT
      case .replace: O_RDWR | O_CREAT | O_TRUNC
      }
    self.path = path
    descriptor = try OpenFile.retrying("open", path) { open(path, flags | O_CLOEXEC, 0o640) }
    if case .read = mode { return }
    DirectoryOwner.give(descriptor, at: path)
  }

  /// The same open file, that is about to be renamed.
  init(_ file: OpenFile, as path: String) throws(FileProblem) {
    self.path = path
    let descriptor = file.descriptor
    self.descriptor = try OpenFile.retrying("open", path) { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
  }

  deinit {
    close(descriptor)
  }

  /// The length of the file in bytes.
  public func size() throws(FileProblem) -> UInt64 {
    var information = stat()
    _ = try OpenFile.retrying("measure", path) { fstat(descriptor, &information) }
    return UInt64(clamping: information.st_size)
  }

  /// Whether the path still leads to this file: not where it, or a directory above it, was removed or replaced.
  public var isInPlace: Bool { OpenFile.isInPlace(descriptor, path) }

  static func isInPlace(_ descriptor: Int32, _ path: String) -> Bool {
    var here = stat()
    var there = stat()
    return fstat(descriptor, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev
      && here.st_ino == there.st_ino
  }

  /// Writes all of `bytes` at `offset`.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileProblem) {
    var done = 0
    while done < bytes.count {
      guard let position = off_t(exactly: offset &+ UInt64(done)) else {
        throw FileProblem(operation: "write", path: path, code: EFBIG)
      }
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      done &+= Int(try OpenFile.retrying("write", path) { pwrite(descriptor, rest.baseAddress, rest.count, position) })
    }
  }

  /// Writes all of `bytes` at `offset`.
  public func write(_ bytes: [UInt8], at offset: UInt64) throws(FileProblem) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileProblem) in
      try write(UnsafeRawBufferPointer(buffer), at: offset)
    }
  }

  /// Reads into all of `bytes` from `offset` on, as far as the file goes; returns how many bytes were read.
  public func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileProblem) -> Int {
    var done = 0
    while done < bytes.count {
      guard let position = off_t(exactly: offset &+ UInt64(done)) else { return done }
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let count = try OpenFile.retrying("read", path) { pread(descriptor, rest.baseAddress, rest.count, position) }
      if count == 0 { return done }
      done &+= Int(count)
    }
    return done
  }

  /// Reads a whole file, refusing one of more than `limit` bytes.
  public static func contents(of path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    let file = try OpenFile(path, .read)
    let size = try file.size()
    guard let count = Int(exactly: size), count <= limit else {
      throw FileProblem(.damaged, operation: "read", path: path, detail: "\(size) bytes, more than \(limit)")
    }
    return try contents(of: file, count: count)
  }

  private static func contents(of file: OpenFile, count: Int) throws(FileProblem) -> [UInt8] {
    // Of an empty array the length would be written into memory that all empty arrays share.
    guard count > 0 else { return [] }
    var problem: FileProblem?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(FileProblem) {
        initialized = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      } catch {
        problem = error
      }
    }
    if let problem { throw problem }
    return bytes
  }

  /// Reads the file back and makes sure that it holds what was written.
  ///
  /// - Throws: of kind `.damaged` where it does not.
  public func compare(_ content: [UInt8]) throws(FileProblem) {
    guard try size() == UInt64(content.count), try OpenFile.contents(of: self, count: content.count) == content else {
      throw FileProblem(
        .damaged, operation: "write", path: path,
        detail: "something else was read back than was written: the disk, its driver or the memory loses bytes; check "
          + "them")
    }
  }

  /// Makes the file `length` bytes long.
  public func truncate(to length: UInt64) throws(FileProblem) {
    let length = off_t(clamping: length)
    _ = try OpenFile.retrying("truncate", path) { ftruncate(descriptor, length) }
  }

  /// Waits until content and length are on the disk.
  public func sync() throws(FileProblem) {
    _ = try OpenFile.retrying("sync", path) { fsync(descriptor) }
  }

  /// Repeats a call for as long as a signal interrupts it, and turns -1 into a problem.
  static func retrying<Number: SignedInteger>(
    _ operation: String, _ path: @autoclosure () -> String, _ call: () -> Number
  ) throws(FileProblem) -> Number {
    try FileFaults.check(operation, path())
    while true {
      let result = call()
      if result >= 0 { return result }
      let code = errno
      if code != EINTR { throw FileProblem(operation: operation, path: path(), code: code) }
    }
  }
}
