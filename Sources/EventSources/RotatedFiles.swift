import Compression
import Glibc

/// The files that a log rotation leaves beside the one that is written: `name.1`, `name-20240131`, `name.2.gz`, ...
struct RotatedFiles {
  /// The path of the file that is written.
  let path: String

  /// A file, and when it was last written, in nanoseconds since 1970.
  struct File: Equatable {
    var path: String
    var place: FilePlace
    var modified: Int64

    var isCompressed: Bool { CompressionFormat(suffixOf: path) != nil }

    /// Whether it was written before another. Where the times are the same, numbers tell, which grow with age; dates
    /// grow with time.
    func isOlder(than other: File) -> Bool {
      if modified != other.modified { return modified < other.modified }
      if let number, let otherNumber = other.number { return number > otherNumber }
      return path < other.path
    }

    /// The number that a rotation counts up: the 2 of `name.2.gz`.
    private var number: Int? {
      let plain = isCompressed ? path[..<(path.lastIndex(of: ".") ?? path.endIndex)] : path[...]
      let digits = plain.utf8.reversed().prefix { ("0"..."9").contains(Character(Unicode.Scalar($0))) }
      return digits.count <= 4 ? Int(String(decoding: digits.reversed(), as: UTF8.self)) : nil
    }
  }

  /// A folder, or a file in it, of which the system tells nothing; `code` is its `errno`.
  struct Unreadable: Error {
    var path: String
    var code: Int32
  }

  /// The rotated files, newest first. Of a file that is being compressed only the plain one, which is whole.
  ///
  /// Files may be renamed while the folder is read, so that one is not seen, or twice: it is read until it stays the
  /// same.
  func list() throws(Unreadable) -> [File] {
    var before = try listOnce()
    for _ in 0..<10 {
      let now = try listOnce()
      if now == before { break }
      before = now
    }
    return before
  }

  private func listOnce() throws(Unreadable) -> [File] {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let directory = slash.map { String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    let folder = directory.isEmpty ? "/" : directory
    guard let stream = opendir(folder) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw Unreadable(path: folder, code: errno)
    }
    defer { closedir(stream) }
    var files: [File] = []
    while let entry = readdir(stream) {
      let found = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard found.utf8.starts(with: name.utf8), Self.isRotation(found.utf8.dropFirst(name.utf8.count)) else { continue }
      let whole = directory + "/" + found
      switch FileStatus.look(at: whole) {
      case .there(let status):
        if status.isRegular { files.append(File(path: whole, place: status.place, modified: status.modified)) }
      // A link that leads nowhere, or to itself, is no file.
      case .missing, .unknown(ELOOP): continue
      case .unknown(let code): throw Unreadable(path: whole, code: code)
      }
    }
    let paths = Set(files.map(\.path))
    return files.filter { file in
      guard file.isCompressed, let dot = file.path.lastIndex(of: ".") else { return true }
      return !paths.contains(String(file.path[..<dot]))
    }.sorted { $1.isOlder(than: $0) }
  }

  /// Whether a rotation's suffix follows the name: bytes, since two names may look alike.
  private static func isRotation(_ suffix: Substring.UTF8View) -> Bool {
    var rest = Array(suffix)
    for compressed in [".gz", ".xz", ".zst"] where rest.suffix(compressed.utf8.count).elementsEqual(compressed.utf8) {
      rest.removeLast(compressed.utf8.count)
    }
    guard let first = rest.first, ".-_".utf8.contains(first) else { return false }
    return rest.count > 1 && rest.allSatisfy { "0123456789-._T".utf8.contains($0) }
  }
}
