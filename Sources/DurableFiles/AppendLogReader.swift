// Unsafe pointers here point into a buffer owned by the function that uses them, within bounds checked before use.

/// Reads append logs without changing them, also beside a process that is writing.
public enum AppendLogReader {
  /// Reads the log at `path` from its beginning and calls `body` with each whole record, in order, and its index.
  ///
  /// Stops at the first byte that is not part of a whole record: the scan it returns says how many bytes were left
  /// unread and whether they are a torn tail or damage. The bytes given to `body` are valid during the call only.
  ///
  /// A torn tail is what a crash leaves of what was being appended: less than a whole record at the end of the file, or
  /// zeros where the file had been lengthened but not written. A record whose bytes are all there but wrong is damage.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - isSynced: whether every record was synced before the next was appended, so that a crash tears one at most.
  ///   - body: takes each record.
  public static func read(
    _ path: String, isSynced: Bool = false,
    _ body: (_ record: UnsafeRawBufferPointer, _ index: Int) throws -> Void = { _, _ in }
  ) throws -> AppendLogScan {
    try scan(OpenFile(path, .read), isSynced: isSynced, body)
  }

  static func scan(
    _ file: OpenFile, isSynced: Bool = false, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws -> AppendLogScan {
    let size = try file.size()
    var scan = AppendLogScan()
    var buffer = RecordBuffer(file)
    defer { buffer.deallocate() }

    let magic = AppendLogFormat.magic
    guard size >= UInt64(magic.count) else {
      scan.droppedBytes = size
      return scan
    }
    guard try buffer.bytes(at: 0, count: magic.count)?.elementsEqual(magic) == true else {
      scan.droppedBytes = size
      // These bytes are on the disk before anything follows them.
      let isUnwritten = try size == UInt64(magic.count) && buffer.isZero(from: 0, to: size)
      if !isUnwritten {
        scan.damage = "byte 0: not an append log"
      }
      return scan
    }
    scan.goodLength = UInt64(magic.count)

    while scan.goodLength < size {
      let start = scan.goodLength
      scan.droppedBytes = size - start
      let contentStart = start + UInt64(AppendLogFormat.headerSize)
      guard let header = try buffer.bytes(at: start, count: AppendLogFormat.headerSize) else { return scan }
      let length = UInt32(littleEndian: header.loadUnaligned(as: UInt32.self))
      let lengthCheck = UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      let checksum = UInt64(littleEndian: header.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      guard lengthCheck == AppendLogFormat.lengthCheck(length, at: start), length <= AppendLogFormat.maximumRecord
      else {
        if try !buffer.isUnwritten(in: start..<contentStart, before: size) {
          scan.damage = "byte \(start): a damaged record header"
        }
        return scan
      }
      guard let content = try buffer.bytes(at: contentStart, count: Int(length)) else { return scan }
      let end = contentStart + UInt64(length)
      guard checksum == AppendLogFormat.checksum(content, at: start) else {
        if try (isSynced && end < size) || !buffer.isUnwritten(in: contentStart..<end, before: size) {
          scan.damage = "byte \(start): a record with a wrong checksum"
        }
        return scan
      }
      try body(content, scan.records)
      scan.records += 1
      scan.goodLength = end
    }
    scan.droppedBytes = 0
    return scan
  }
}

/// A window of a file that grows to hold the largest record asked for.
private struct RecordBuffer {
  private let file: OpenFile
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private var start: UInt64 = 0
  private var filled = 0

  init(_ file: OpenFile) {
    self.file = file
  }

  func deallocate() {
    memory.deallocate()
  }

  /// The bytes of a range of the file, valid until the next call; nil where the file ends before the range does.
  mutating func bytes(at offset: UInt64, count: Int) throws(FileProblem) -> UnsafeRawBufferPointer? {
    if offset < start || offset + UInt64(count) > start + UInt64(filled) {
      if count > memory.count {
        memory.deallocate()
        memory = .allocate(byteCount: count, alignment: 16)
      }
      start = offset
      filled = 0
      filled = try file.read(into: memory, at: offset)
    }
    let first = Int(offset - start)
    guard first + count <= filled else { return nil }
    return UnsafeRawBufferPointer(rebasing: memory[first..<first + count])
  }

  /// Whether the file is zeros to its end `size` from somewhere in a part of it on, as one has them that was lengthened
  /// but not written before a power loss: from the beginning of the part, or of a page in it.
  mutating func isUnwritten(in part: Range<UInt64>, before size: UInt64) throws(FileProblem) -> Bool {
    if part.isEmpty { return false }
    let page: UInt64 = 4096
    let lastPage = (part.upperBound - 1) / page * page
    return try isZero(from: max(part.lowerBound, lastPage), to: size)
  }

  /// Whether all bytes of a range are zero.
  mutating func isZero(from begin: UInt64, to end: UInt64) throws(FileProblem) -> Bool {
    var offset = begin
    while offset < end {
      let count = Int(min(end - offset, 1 << 16))
      guard let part = try bytes(at: offset, count: count) else { return true }
      if part.contains(where: { $0 != 0 }) { return false }
      offset += UInt64(count)
    }
    return true
  }
}
