import CXXHash

// Invariants of the unsafe code in this file:
// - `start` points to `capacity` bytes that this value's owner allocated with `make` and frees with `destroy`, once;
//   a copy of the value must not be used after `room(for:)` or `destroy` was called on another.
// - The first `prefixLength` bytes never change; writers only touch the bytes behind them, after `room(for:)`.
// - Texts are followed by at least 8 readable bytes: those of a JSON document stand in buffers with padding, those that
//   are written into `room(for:)` have `slack` behind them.

/// The byte string of one field's features: the field's name and separator stay, the text behind them changes.
///
/// A short one, as nearly all are, is hashed without being put together: its 8-byte words are the prefix's, one that
/// holds the prefix's end and the text's beginning, and then words that stand in the text as they are.
struct HashInput {
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private let prefixLength: Int
  private let seed: UInt64

  /// The first three words of the prefix where it is so long, each taken through its round of XXH64.
  private var rounds: (UInt64, UInt64, UInt64) = (0, 0, 0)
  /// How many words those are, and the bytes of the prefix behind them, with how many bits they take.
  private let wordCount: Int
  private var end: UInt64 = 0
  private let endBits: UInt64

  private static let slack = 16

  /// Allocates the bytes for a field.
  static func make(field: String, separator: UInt8, seed: UInt64) -> HashInput {
    HashInput(prefix: Array(field.utf8) + [separator], seed: seed)
  }

  private init(prefix: [UInt8], seed: UInt64) {
    self.seed = seed
    prefixLength = prefix.count
    capacity = prefix.count + 64
    start = .allocate(capacity: capacity + HashInput.slack)
    start.initialize(repeating: 0, count: capacity + HashInput.slack)
    for (index, byte) in prefix.enumerated() { start[index] = byte }
    // A longer prefix is hashed by the library.
    wordCount = min(3, prefix.count / 8)
    endBits = UInt64(prefix.count % 8) * 8
    let words = UnsafeRawPointer(start)
    if wordCount > 0 { rounds.0 = ShortHash.round(words.loadUnaligned(as: UInt64.self)) }
    if wordCount > 1 { rounds.1 = ShortHash.round(words.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) }
    if wordCount > 2 { rounds.2 = ShortHash.round(words.loadUnaligned(fromByteOffset: 16, as: UInt64.self)) }
    for index in wordCount * 8..<max(wordCount * 8, min(prefix.count, wordCount * 8 + 8)) {
      end |= UInt64(prefix[index]) &<< UInt64((index - wordCount * 8) * 8)
    }
  }

  /// Frees the bytes.
  func destroy() {
    start.deallocate()
  }

  /// Where a text can be written, with room for `count` bytes; at least 64 without growing.
  @inline(__always) mutating func room(for count: Int) -> UnsafeMutablePointer<UInt8> {
    if prefixLength &+ count > capacity { grow(to: prefixLength &+ count) }
    return start + prefixLength
  }

  /// The hash of the prefix and a text, which may stand in `room(for:)`.
  @inline(__always) mutating func hash(_ text: UnsafeRawPointer, count: Int) -> UInt64 {
    let length = prefixLength &+ count
    guard length < 32 else { return hashLong(text, count: count) }
    var hash = beginShort(length)
    var word = end | UInt64(littleEndian: text.loadUnaligned(as: UInt64.self)) &<< endBits
    var next = text + Int(truncatingIfNeeded: 8 &- endBits &>> 3)
    var rest = length &- wordCount &* 8
    while rest >= 8 {
      hash.add(word)
      word = UInt64(littleEndian: next.loadUnaligned(as: UInt64.self))
      next += 8
      rest &-= 8
    }
    return hash.finish(word, count: rest)
  }

  /// The hash of the prefix and a text of at most 8 bytes: those of a word, the lowest first, with zeros behind them.
  @inline(__always) mutating func hash(word text: UInt64, count: Int) -> UInt64 {
    let length = prefixLength &+ count
    guard length < 32 else {
      UnsafeMutableRawPointer(room(for: 8)).storeBytes(of: text.littleEndian, as: UInt64.self)
      return hashLong(UnsafeRawPointer(start + prefixLength), count: count)
    }
    var hash = beginShort(length)
    var word = end | text &<< endBits
    var rest = length &- wordCount &* 8
    if rest >= 8 {
      hash.add(word)
      // Without an end of the prefix there is no bit of the text left.
      word = text >> (64 &- endBits)
      rest &-= 8
    }
    return hash.finish(word, count: rest)
  }

  @inline(__always) private func beginShort(_ length: Int) -> ShortHash {
    var hash = ShortHash(seed: seed, length: length)
    if wordCount > 0 {
      hash.add(round: rounds.0)
      if wordCount > 1 { hash.add(round: rounds.1) }
      if wordCount > 2 { hash.add(round: rounds.2) }
    }
    return hash
  }

  @inline(never) private mutating func hashLong(_ text: UnsafeRawPointer, count: Int) -> UInt64 {
    let room = UnsafeMutableRawPointer(room(for: count))
    if UnsafeRawPointer(room) != text { room.copyMemory(from: text, byteCount: count) }
    return XXH64(start, prefixLength &+ count, seed)
  }

  private mutating func grow(to needed: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: needed &* 2 &+ HashInput.slack)
    larger.initialize(repeating: 0, count: needed &* 2 &+ HashInput.slack)
    larger.update(from: start, count: prefixLength)
    start.deallocate()
    start = larger
    capacity = needed &* 2
  }
}
