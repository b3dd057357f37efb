// Unsafe: a buffer is filled by `fread`, never past its end.
import Glibc

/// Reads small files: settings and secrets.
enum SmallFile {
  /// Why a file could not be read.
  struct Problem: Error {
    let message: String
  }

  /// All bytes of a file, which has at most `limit`, without a byte order mark at its beginning.
  static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
    guard let file = fopen(path, "rbe") else {
      throw Problem(message: "cannot open \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else {
      throw Problem(message: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    guard count <= limit else { throw Problem(message: "\(path) has more than \(limit) bytes") }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return Array(bytes[..<count].dropFirst(bytes[..<count].starts(with: mark) ? mark.count : 0))
  }
}
