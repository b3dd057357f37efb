// Unsafe pointers here point into a buffer allocated and freed by the same function, within its bounds.

/// A new file in the place of one of which a sync failed: what the system made of the old one is not known.
public enum FileRenewal {
  private static let chunk = 1 << 18

  /// The name under which it is written.
  public static func temporary(_ path: String) -> String {
    path + ".tmp"
  }

  /// Writes a new file of what is on the disk of the old one and of what follows it, syncs it, and renames it over the
  /// old one. The directory is still to be synced, by `DirectoryHandle.sync`: also where that fails the new file is in
  /// place.
  ///
  /// - Parameters:
  ///   - old: the file.
  ///   - length: how much of it is on the disk for certain.
  ///   - rest: what follows that.
  ///   - check: makes sure of the new file before it takes the old one's place.
  /// - Throws: `FileProblem`; of kind `.replaced` where the path no longer leads to the old file: another one there is
  ///   not the caller's to replace. What was there before is still there.
  public static func make(
    of old: OpenFile, upTo length: UInt64, and rest: [UInt8],
    check: (OpenFile) throws(FileProblem) -> Void = { (_) throws(FileProblem) in }
  ) throws(FileProblem) -> OpenFile {
    let path = old.path
    guard old.isInPlace else { throw FileProblem.replaced(path) }
    let temporary = temporary(path)
    do throws(FileProblem) {
      let file = try OpenFile(temporary, .replace)
      try copy(old, upTo: length, to: file)
      try file.write(rest, at: length)
      try check(file)
      try file.sync()
      let renamed = try OpenFile(file, as: path)
      try DirectoryHandle.rename(temporary, to: path)
      return renamed
    } catch {
      try? DirectoryHandle.remove(temporary)
      throw error
    }
  }

  private static func copy(_ old: OpenFile, upTo length: UInt64, to file: OpenFile) throws(FileProblem) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
    defer { buffer.deallocate() }
    var done: UInt64 = 0
    while done < length {
      let wanted = Int(min(length - done, UInt64(chunk)))
      let count = try old.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: done)
      guard count == wanted else {
        throw FileProblem(.damaged, operation: "copy", path: old.path, detail: "it has \(done) bytes of \(length)")
      }
      try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: done)
      done += UInt64(count)
    }
  }
}
