import CXXHash

// Invariants of the unsafe code in this file:
// - `start` points to `capacity` bytes that this value's owner allocated with `make` and frees with `destroy`, once;
//   a copy of the value must not be used after `room(for:)` or `destroy` was called on another.
// - The first `prefixLength` bytes never change; writers only touch the bytes behind them, after `room(for:)`.

/// The byte string of one field's features: the field's name and separator stay, the text behind them changes.
struct HashInput {
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private let prefixLength: Int

  /// Allocates the bytes for a field.
  static func make(field: String, separator: UInt8) -> HashInput {
    let prefix = Array(field.utf8) + [separator]
    let capacity = prefix.count + 64
    let start = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    start.initialize(repeating: 0, count: capacity)
    for (index, byte) in prefix.enumerated() { start[index] = byte }
    return HashInput(start: start, capacity: capacity, prefixLength: prefix.count)
  }

  /// Frees the bytes.
  func destroy() {
    start.deallocate()
  }

  /// Where the text goes, with room for `count` bytes; at least 64 without growing.
  @inline(__always) mutating func room(for count: Int) -> UnsafeMutablePointer<UInt8> {
    if prefixLength &+ count > capacity { grow(to: prefixLength &+ count) }
    return start + prefixLength
  }

  /// Puts the text behind the prefix.
  @inline(__always) mutating func setText(_ text: UnsafeRawBufferPointer) {
    guard let source = text.baseAddress else { return }
    UnsafeMutableRawPointer(room(for: text.count)).copyMemory(from: source, byteCount: text.count)
  }

  /// The hash of the prefix and the first `count` bytes of text.
  @inline(__always) func hash(textLength count: Int, seed: UInt64) -> UInt64 {
    XXH64(start, prefixLength &+ count, seed)
  }

  /// The text as a string, for descriptions.
  func text(length: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: start + prefixLength, count: length), as: UTF8.self)
  }

  private mutating func grow(to needed: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: needed &* 2)
    larger.initialize(repeating: 0, count: needed &* 2)
    larger.update(from: start, count: prefixLength)
    start.deallocate()
    start = larger
    capacity = needed &* 2
  }
}
