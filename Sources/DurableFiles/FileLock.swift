import Glibc

/// The claim of one process on a directory: an advisory lock (`flock`) on a file in it, released when the value's last
/// owner lets go of it or the process ends, however it ends.
///
/// The file itself stays; it holds the process id of its last holder, for messages only.
public final class FileLock: Sendable {
  private let file: OpenFile

  /// Takes the lock, without waiting.
  ///
  /// - Throws: `FileProblem` of kind `.locked` where another process, or another `FileLock`, holds it.
  public init(_ path: String) throws(FileProblem) {
    file = try OpenFile(path, .update)
    let descriptor = file.descriptor
    do throws(FileProblem) {
      _ = try OpenFile.retrying("lock", path) { flock(descriptor, LOCK_EX | LOCK_NB) }
    } catch {
      guard error.code == EWOULDBLOCK else { throw error }
      let holder = FileLock.holder(file).map { "process \($0)" } ?? "another process"
      throw FileProblem(.locked, operation: "lock", path: path, detail: "\(holder) is using this directory")
    }
    try file.truncate(to: 0)
    try file.write(Array("\(getpid())\n".utf8), at: 0)
  }

  deinit {
    // Closing alone would leave the lock with a child process that is just being started and has yet to close its copy.
    flock(file.descriptor, LOCK_UN)
  }

  /// Whether the path still leads to the file that is locked. Where it does not, another process may hold a lock there.
  public var isInPlace: Bool { file.isInPlace }

  private static func holder(_ file: OpenFile) -> Int32? {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
      guard let count = try? file.read(into: buffer, at: 0) else { return nil }
      return Int32(String(decoding: buffer[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
    }
  }
}
