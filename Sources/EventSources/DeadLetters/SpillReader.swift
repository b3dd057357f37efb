// Unsafe memory. Invariant: `memory` has `capacity` bytes until deinit, of which `filled` were read from `start` on.
import DurableFiles

/// Reads the entries of one segment after the other, through a window that grows to hold the largest.
///
/// Used on one thread at a time.
final class SpillReader {
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private var file: OpenFile?
  private var start: UInt64 = 0
  private var filled = 0

  deinit {
    memory.deallocate()
  }

  /// What stands at an offset of a segment.
  enum Found {
    /// An entry, valid until the next call, and where the next one begins.
    case entry(DeadLetterEntry, next: UInt64)
    /// The segment ends here, or in the middle of an entry.
    case end
    /// Something else than was written, in the bytes that should be an entry, or the header of one.
    case damage(Range<UInt64>)
  }

  /// The entry at an offset of a file, of which so many bytes count.
  func entry(of file: OpenFile, at offset: UInt64, length: UInt64) throws(FileProblem) -> Found {
    let contentStart = offset + UInt64(DeadLetterEntry.headerSize)
    guard contentStart <= length else { return .end }
    guard let header = try bytes(of: file, at: offset, count: DeadLetterEntry.headerSize, length: length) else {
      return .end
    }
    guard let count = DeadLetterEntry.contentLength(header) else { return .damage(offset..<contentStart) }
    let next = contentStart + UInt64(count)
    guard next <= length else { return .end }
    // One range, so that the header stays in the window.
    guard let whole = try bytes(of: file, at: offset, count: DeadLetterEntry.headerSize + count, length: length) else {
      return .end
    }
    let content = UnsafeRawBufferPointer(rebasing: whole[DeadLetterEntry.headerSize...])
    guard let entry = DeadLetterEntry(header: whole, content: content, at: offset) else {
      return .damage(offset..<next)
    }
    return .entry(entry, next: next)
  }

  /// Whether a file is zeros to its end from somewhere in a range on, as a power loss leaves one that was lengthened and
  /// not written: from where the range begins, or a page in it.
  func isUnwritten(_ file: OpenFile, in range: Range<UInt64>, before size: UInt64) throws(FileProblem) -> Bool {
    guard let last = range.last else { return false }
    var offset = max(range.lowerBound, last / Self.page * Self.page)
    while offset < size {
      let count = Int(min(size - offset, Self.page))
      guard let part = try bytes(of: file, at: offset, count: count, length: size) else { return true }
      if part.contains(where: { $0 != 0 }) { return false }
      offset += UInt64(count)
    }
    return true
  }

  private static let page: UInt64 = 4096

  /// Whether a file is one of the spill's.
  static func beginsWithMagic(_ file: OpenFile) throws(FileProblem) -> Bool {
    var magic = [UInt8](repeating: 0, count: SpillFormat.magic.count)
    var problem: FileProblem?
    magic.withUnsafeMutableBytes { bytes in
      do throws(FileProblem) {
        _ = try file.read(into: bytes, at: 0)
      } catch {
        problem = error
      }
    }
    if let problem { throw problem }
    return magic == SpillFormat.magic
  }

  /// Lets go of the file, and of a window that a large entry took.
  func forget() {
    file = nil
    filled = 0
    if memory.count > 1 << 16 { resize(1 << 16) }
  }

  private func bytes(
    of file: OpenFile, at offset: UInt64, count: Int, length: UInt64
  ) throws(FileProblem) -> UnsafeRawBufferPointer? {
    if self.file !== file || offset < start || offset + UInt64(count) > start + UInt64(filled) {
      if count > memory.count { resize(count) }
      self.file = file
      start = offset
      filled = 0
      let most = Int(clamping: min(UInt64(memory.count), length - min(length, offset)))
      filled = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<most]), at: offset)
    }
    let first = Int(offset - start)
    guard first + count <= filled else { return nil }
    return UnsafeRawBufferPointer(rebasing: memory[first..<first + count])
  }

  private func resize(_ count: Int) {
    memory.deallocate()
    memory = .allocate(byteCount: count, alignment: 16)
    filled = 0
  }
}
