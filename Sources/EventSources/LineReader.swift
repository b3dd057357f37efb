// Unsafe memory: `memory` is this object's own buffer; bytes `start..<end` of it are read and not yet delivered.
// Records point into it, or into `prefix`, and stay valid until the next call of `next`.
import Glibc

/// Cuts a stream of bytes into lines, in bounded memory however long a line is.
final class LineReader {
  /// What a call brought.
  enum Outcome: Equatable {
    /// So many records were written.
    case records(Int)
    /// The stream has no whole line now, and may have one later.
    case waiting
    /// The stream is at its end.
    case end
  }

  /// How much of a line that is too long is kept.
  static let prefixLength = 4096

  private let limit: Int
  private let read: (UnsafeMutableRawBufferPointer) throws(SourceProblem) -> Int?
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private let prefix = UnsafeMutableRawBufferPointer.allocate(byteCount: LineReader.prefixLength, alignment: 16)
  private var start = 0
  private var scanned = 0
  private var end = 0
  /// How many bytes of the line at hand, which is too long, were dropped; nil where it is not.
  private var dropped: Int64?

  /// The offset of the next line's first byte.
  private(set) var offset: Int64

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - limit: the longest line, in bytes without its end, that is delivered whole.
  ///   - offset: where the first byte that `read` gives stands in the stream.
  ///   - read: fills the beginning of a buffer and says how many bytes it has; 0 at the end, nil where none is there
  ///     yet. It may be called again after either.
  init(
    limit: Int, offset: Int64, read: @escaping (UnsafeMutableRawBufferPointer) throws(SourceProblem) -> Int?
  ) {
    self.limit = max(1, limit)
    self.offset = offset
    self.read = read
  }

  deinit {
    memory.deallocate()
    prefix.deallocate()
  }

  /// Gives the next lines.
  ///
  /// - Parameters:
  ///   - records: where they are written; as many as it has room for.
  ///   - endsLine: whether the end of the stream ends a last line without a newline.
  func next(into records: UnsafeMutableBufferPointer<SourceRecord>, endsLine: Bool) throws(SourceProblem) -> Outcome {
    var count = 0
    while true {
      while count < records.count, let newline = indexOfNewline() {
        emit(upTo: newline, next: newline + 1, into: records, at: count)
        count += 1
      }
      if count > 0 { return .records(count) }
      scanned = end
      dropWhatIsTooLong()
      makeRoom()
      guard let got = try read(UnsafeMutableRawBufferPointer(rebasing: memory[end...])) else { return .waiting }
      end += got
      if got > 0 { continue }
      guard endsLine, end > start || dropped != nil, records.count > 0 else { return .end }
      emit(upTo: end, next: end, into: records, at: 0)
      return .records(1)
    }
  }

  private func indexOfNewline() -> Int? {
    guard scanned < end, let base = memory.baseAddress else { return nil }
    guard let found = memchr(base + scanned, 0x0a, end - scanned) else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  private func emit(
    upTo lineEnd: Int, next: Int, into records: UnsafeMutableBufferPointer<SourceRecord>, at place: Int
  ) {
    let nextOffset: Int64
    var bytes: UnsafeRawBufferPointer
    var isTruncated = false
    if let dropped {
      nextOffset = offset &+ dropped &+ Int64(next - start)
      bytes = UnsafeRawBufferPointer(prefix)
      isTruncated = true
      self.dropped = nil
    } else {
      nextOffset = offset &+ Int64(next - start)
      bytes = UnsafeRawBufferPointer(rebasing: memory[start..<lineEnd])
      if bytes.last == 0x0d { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
      if bytes.count > limit {
        bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.prefixLength))
        isTruncated = true
      }
    }
    (records.baseAddress.map { $0 + place })?.initialize(
      to: SourceRecord(
        bytes: bytes, partition: 0, offset: offset, nextOffset: nextOffset, timestamp: -1, isTruncated: isTruncated))
    offset = nextOffset
    start = next
    scanned = next
  }

  /// Keeps the beginning of a line that is longer than the limit and forgets the rest of what was read of it.
  private func dropWhatIsTooLong() {
    if dropped == nil {
      // One more byte than the limit may be the carriage return of a line that is not too long.
      guard end - start > max(limit + 1, Self.prefixLength) else { return }
      prefix.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<start + Self.prefixLength]))
      dropped = 0
    }
    dropped = dropped.map { $0 &+ Int64(end - start) }
    start = 0
    end = 0
    scanned = 0
  }

  private func makeRoom() {
    if start > 0, let base = memory.baseAddress {
      base.copyMemory(from: base + start, byteCount: end - start)
      end -= start
      scanned -= start
      start = 0
    }
    guard memory.count - end < 1 << 16 else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: memory.count * 2, alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<end]))
    memory.deallocate()
    memory = larger
  }
}
