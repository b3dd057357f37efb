import DurableFiles
import Glibc

/// What `CURRENT` says: the number of a snapshot and a checksum of its digits, `000041 <XXH3-64, 16 digits>`.
enum CurrentFile: Equatable {
  /// There is no such file.
  case missing
  /// It names a snapshot, and the checksum is right.
  case names(UInt64)
  /// It names a snapshot without a checksum, as older versions wrote it: a changed digit would not show.
  case claims(UInt64)
  /// It holds neither.
  case damaged

  /// The snapshot that it names, for certain or not.
  var id: UInt64? {
    switch self {
    case .names(let id), .claims(let id): id
    case .missing, .damaged: nil
    }
  }

  /// Reads the file at `path`.
  static func read(_ path: String) throws(SnapshotProblem) -> CurrentFile {
    guard DirectoryHandle.exists(path) else { return .missing }
    do throws(FileProblem) {
      return parse(String(decoding: try OpenFile.contents(of: path, limit: 64), as: UTF8.self))
    } catch {
      switch (error.kind, error.code) {
      case (.missing, _): return .missing
      case (.damaged, _), (_, EISDIR), (_, EIO): return .damaged
      default: throw SnapshotProblem(error)
      }
    }
  }

  /// Replaces the file; durable when it returns. What stands in the way and is no file is set aside.
  static func write(_ id: UInt64, to path: String) throws(SnapshotProblem) {
    try translating { () throws(FileProblem) in
      do throws(FileProblem) {
        try AtomicFile.replace(at: path, with: text(id).utf8)
      } catch {
        guard error.code == EISDIR else { throw error }
        try DirectoryHandle.remove(path + SnapshotNames.damagedSuffix)
        try DirectoryHandle.rename(path, to: path + SnapshotNames.damagedSuffix)
        try AtomicFile.replace(at: path, with: text(id).utf8)
      }
    }
  }

  static func text(_ id: UInt64) -> String {
    let digits = SnapshotNames.directory(id)
    return digits + " " + checksum(of: digits) + "\n"
  }

  private static func parse(_ text: String) -> CurrentFile {
    guard text.hasSuffix("\n") else { return .damaged }
    let words = text.dropLast().split(separator: " ", omittingEmptySubsequences: false)
    guard let digits = words.first, let id = SnapshotNames.id(digits) else { return .damaged }
    if words.count == 1 { return .claims(id) }
    return words.count == 2 && words[1] == checksum(of: String(digits)) ? .names(id) : .damaged
  }

  private static func checksum(of digits: String) -> String {
    Checksum.hex(Array(digits.utf8).withUnsafeBytes { Checksum.xxh3($0) })
  }
}
