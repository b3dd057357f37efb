import Glibc

/// What the rooms above need of directories: entries made, renamed and removed so that it survives a power loss.
public enum DirectoryHandle {
  /// Waits until the directory's entries (names made, renamed, removed) are on the disk.
  public static func sync(_ path: String) throws(FileProblem) {
    let descriptor = try OpenFile.retrying("open", path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    defer { close(descriptor) }
    _ = try OpenFile.retrying("sync", path) { fsync(descriptor) }
  }

  /// Makes a directory (mode 0750 less the process's mask), and those above it, where it is not there; durable.
  public static func create(_ path: String) throws(FileProblem) {
    guard !exists(path) else { return }
    let parent = parent(of: path)
    if parent != path { try create(parent) }
    try FileFaults.check("make", path)
    if mkdir(path, 0o750) != 0, errno != EEXIST { throw FileProblem(operation: "make", path: path, code: errno) }
    DirectoryOwner.give(directory: path)
    try sync(parent)
  }

  /// Whether there is a file or directory of this path.
  public static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// The names in a directory, sorted; without `.` and `..`.
  public static func names(in path: String) throws(FileProblem) -> [String] {
    guard let stream = opendir(path) else { throw FileProblem(operation: "list", path: path, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw FileProblem(operation: "list", path: path, code: errno) }
        return names.sorted()
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  /// Renames a file or directory, replacing a file of the new name; durable when `sync` of both parents follows.
  public static func rename(_ old: String, to new: String) throws(FileProblem) {
    _ = try OpenFile.retrying("rename", "\(old) to \(new)") { Glibc.rename(old, new) }
  }

  /// Removes a file, or a directory with the files and directories in it; nothing there is no problem.
  public static func remove(_ path: String) throws(FileProblem) {
    try FileFaults.check("remove", path)
    if unlink(path) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM else { throw FileProblem(operation: "remove", path: path, code: errno) }
    for name in try names(in: path) { try remove(path + "/" + name) }
    if rmdir(path) != 0, errno != ENOENT { throw FileProblem(operation: "remove", path: path, code: errno) }
  }

  /// The path without its last component: `.` for a bare name, `/` for the root.
  public static func parent(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }
}
