// Unsafe memory: `buffer` belongs to the reader from `init` to `deinit` and is replaced only within `next`; the line
// that `next` returns lies in it and is valid until `next` is called again. `start` <= `scanned` <= `end` <= its size.
import Glibc

/// Takes input apart into lines, without copying them.
///
/// Lines end at a line feed; a carriage return before it and a last line without one are taken as they should be.
final class LineReader {
  private let input: InputBytes
  private let maximumBytes: Int
  private var buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var scanned = 0
  private var end = 0
  private var isAtEnd = false

  /// Lines returned so far, so the number of the last one, counted from 1.
  private(set) var number = 0

  /// Reads lines of at most `maximumBytes` bytes.
  init(_ input: InputBytes, maximumBytes: Int = 64 << 20) {
    self.input = input
    self.maximumBytes = maximumBytes
    buffer = .allocate(byteCount: 1 << 18, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Whether the next line can be had without waiting for the input.
  var holdsLine: Bool { findLineFeed() != nil || (isAtEnd && start < end) }

  /// The next line without its line feed; nil at the end. Valid until the next call.
  func next() throws(Failure) -> UnsafeRawBufferPointer? {
    while true {
      if let feed = findLineFeed() {
        let line = take(upTo: feed)
        start = feed + 1
        scanned = start
        return line
      }
      if isAtEnd {
        guard start < end else { return nil }
        let line = take(upTo: end)
        start = end
        scanned = end
        return line
      }
      try fill()
    }
  }

  private func take(upTo end: Int) -> UnsafeRawBufferPointer {
    number += 1
    // A byte order mark says nothing, and would stand in the middle of a request.
    if number == 1, buffer[start..<end].starts(with: [0xEF, 0xBB, 0xBF]) { start += 3 }
    let hasReturn = end > start && buffer[end - 1] == UInt8(ascii: "\r")
    return UnsafeRawBufferPointer(rebasing: buffer[start..<(hasReturn ? end - 1 : end)])
  }

  private func findLineFeed() -> Int? {
    guard scanned < end, let base = buffer.baseAddress else { return nil }
    guard let found = memchr(base + scanned, 0x0A, end - scanned) else {
      scanned = end
      return nil
    }
    let place = UnsafeRawPointer(found) - UnsafeRawPointer(base)
    scanned = place
    return place
  }

  private func fill() throws(Failure) {
    guard end - start <= maximumBytes else {
      throw Failure(.badData, "\(input.name): line \(number + 1) is longer than \(maximumBytes) bytes")
    }
    let kept = end - start
    if kept == buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
      buffer.deallocate()
      buffer = larger
    } else if start > 0 {
      // Source and target may overlap, which this call allows.
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
    }
    start = 0
    scanned = kept
    end = kept
    let count = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept...]))
    isAtEnd = count == 0
    end += count
  }
}
