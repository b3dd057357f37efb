/// Whole files replaced so that a reader, or a start after a power loss, finds the old content or the new, never a part.
public enum AtomicFile {
  /// Replaces the file at `path`, or makes it: the content goes to `path.tmp` beside it, is synced, renamed over it, and
  /// the directory is synced. A temporary one left by a crash is overwritten by the next call.
  ///
  /// - Throws: also where something else is read back than was written, of kind `.damaged`; what was there stays then.
  public static func replace(at path: String, with bytes: some Collection<UInt8>) throws(FileProblem) {
    let temporary = path + ".tmp"
    do throws(FileProblem) {
      let file = try OpenFile(temporary, .replace)
      let content = Array(bytes)
      try file.write(content, at: 0)
      try file.sync()
      try file.compare(content)
      try DirectoryHandle.rename(temporary, to: path)
    } catch {
      try? DirectoryHandle.remove(temporary)
      throw error
    }
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
  }
}
