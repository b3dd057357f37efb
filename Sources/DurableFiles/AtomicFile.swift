/// Whole files replaced so that a reader, or a start after a power loss, finds the old content or the new, never a part.
public enum AtomicFile {
  /// Replaces the file at `path`, or makes it: the content goes to `path.tmp` beside it, is synced, renamed over it, and
  /// the directory is synced. A temporary one left by a crash is overwritten by the next call.
  public static func replace(at path: String, with bytes: some Collection<UInt8>) throws(FileProblem) {
    let temporary = path + ".tmp"
    do throws(FileProblem) {
      let file = try OpenFile(temporary, .replace)
      try file.write(Array(bytes), at: 0)
      try file.sync()
      try DirectoryHandle.rename(temporary, to: path)
    } catch {
      try? DirectoryHandle.remove(temporary)
      throw error
    }
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
  }
}
