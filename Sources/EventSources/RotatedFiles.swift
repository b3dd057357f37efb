import Glibc

/// The files that a log rotation leaves beside the one that is written: `name.1`, `name-20240131`, `name.2.gz`, ...
struct RotatedFiles {
  /// The path of the file that is written.
  let path: String

  /// A file and when it was last written, in nanoseconds since 1970.
  struct File: Equatable {
    var path: String
    var modified: Int64
  }

  /// The rotated files, newest first.
  func list() -> [File] {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard let stream = opendir(directory.isEmpty ? "/" : directory) else { return [] }
    defer { closedir(stream) }
    var files: [File] = []
    while let entry = readdir(stream) {
      let found = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard found.hasPrefix(name), Self.isRotation(found.dropFirst(name.count)) else { continue }
      let whole = directory + "/" + found
      var status = stat()
      guard stat(whole, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      files.append(File(path: whole, modified: Self.nanoseconds(status)))
    }
    return files.sorted { ($0.modified, $0.path) > ($1.modified, $1.path) }
  }

  /// The file that was begun when the one last written at `modified` was rotated away.
  func successor(ofFileModified modified: Int64, excluding inode: UInt64) -> String {
    let later = list().reversed().first { file in
      var status = stat()
      return file.modified > modified && stat(file.path, &status) == 0 && UInt64(status.st_ino) != inode
    }
    return later?.path ?? path
  }

  static func nanoseconds(_ status: stat) -> Int64 {
    Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }

  private static func isRotation(_ suffix: Substring) -> Bool {
    var rest = suffix
    for compressed in [".gz", ".xz", ".zst"] where rest.hasSuffix(compressed) { rest = rest.dropLast(compressed.count) }
    guard let first = rest.first, first == "." || first == "-" || first == "_" else { return false }
    return rest.count > 1 && rest.allSatisfy { $0.isNumber || "-._T".contains($0) }
  }
}
