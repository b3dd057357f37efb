import Glibc

/// What went wrong with a file: where, during which operation, and what to do next.
public struct FileProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds that callers tell apart.
  public enum Kind: String, Sendable {
    /// The file system, or the quota, has no room left.
    case diskFull
    /// The process may not do this, or the file system is mounted read-only.
    case permissionDenied
    /// The file or directory is not there.
    case missing
    /// Another process holds the lock.
    case locked
    /// The content is not what was written.
    case damaged
    /// The path no longer leads to the file that is open: it, or a directory above it, was removed or replaced.
    case replaced
    /// Any other refusal of the operating system.
    case system
  }

  /// The kind.
  public let kind: Kind

  /// What was being done, as a verb: `open`, `write`, `sync`, `rename`, ...
  public let operation: String

  /// The file or directory concerned.
  public let path: String

  /// The operating system's error number, or 0 where it had none.
  public let code: Int32

  /// What was wrong, in words.
  public let detail: String

  /// Makes a problem that the operating system did not report, such as damage.
  public init(_ kind: Kind, operation: String, path: String, detail: String) {
    self.kind = kind
    self.operation = operation
    self.path = path
    self.code = 0
    self.detail = detail
  }

  /// Makes a problem of an error number.
  public init(operation: String, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
    detail = FileProblem.text(of: code)
    switch code {
    case ENOSPC, EDQUOT, EFBIG: kind = .diskFull
    case EACCES, EPERM, EROFS: kind = .permissionDenied
    case ENOENT, ENOTDIR: kind = .missing
    default: kind = .system
    }
  }

  /// A file that is open, and that its path no longer leads to.
  public static func replaced(_ path: String) -> FileProblem {
    FileProblem(
      .replaced, operation: "write", path: path,
      detail: "it, or a directory above it, was removed or replaced while it was in use; put it back, or restart")
  }

  /// What was being done, to which file, what went wrong, and what to do about it.
  public var description: String {
    let advice =
      switch kind {
      case .diskFull: "; free some space on that file system and try again"
      case .permissionDenied: "; check the owner and mode of the file and of its directory"
      case .locked: "; stop the other process or choose another directory"
      default: ""
      }
    return "cannot \(operation) \(path): \(detail)\(advice)"
  }

  private static func text(of code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let start = buffer.baseAddress, strerror_r(code, start, buffer.count) == 0 else { return "error \(code)" }
      return String(cString: start)
    }
  }
}
