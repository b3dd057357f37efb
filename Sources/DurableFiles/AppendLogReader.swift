// Unsafe pointers here point into a buffer owned by the function that uses them, within bounds checked before use.

/// Reads append logs without changing them, also beside a process that is writing.
public enum AppendLogReader {
  /// Reads the log at `path` from its beginning and calls `body` with each whole record, in order, and its index.
  ///
  /// Stops at the first byte that is not part of a whole record: the scan it returns says how many bytes were left
  /// unread and whether they are a torn tail or damage. The bytes given to `body` are valid during the call only.
  public static func read(
    _ path: String, _ body: (_ record: UnsafeRawBufferPointer, _ index: Int) throws -> Void = { _, _ in }
  ) throws -> AppendLogScan {
    try scan(OpenFile(path, .read), body)
  }

  static func scan(_ file: OpenFile, _ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws -> AppendLogScan {
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
      if try !buffer.isZero(from: 0, to: size) { scan.damage = "byte 0: not an append log" }
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
        if try !buffer.isZero(from: contentStart, to: size) { scan.damage = "byte \(start): a damaged record header" }
        return scan
      }
      guard let content = try buffer.bytes(at: contentStart, count: Int(length)) else { return scan }
      let end = contentStart + UInt64(length)
      guard checksum == AppendLogFormat.checksum(content, at: start) else {
        if try !buffer.isZero(from: end, to: size) { scan.damage = "byte \(start): a record with a wrong checksum" }
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

  /// Whether all bytes of a range are zero, as a file has them that was lengthened but not written before a power loss.
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
