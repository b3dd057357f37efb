/// XXH64 of fewer than 32 bytes, given as 8-byte little-endian words.
struct ShortHash {
  private var hash: UInt64

  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  /// Begins the hash of `length` bytes.
  @inline(__always) init(seed: UInt64, length: Int) {
    hash = seed &+ ShortHash.prime5 &+ UInt64(truncatingIfNeeded: length)
  }

  /// What a whole word adds, which does not depend on what came before.
  @inline(__always) static func round(_ word: UInt64) -> UInt64 {
    rotate(word &* prime2, 31) &* prime1
  }

  /// Adds a whole word.
  @inline(__always) mutating func add(_ word: UInt64) {
    add(round: ShortHash.round(word))
  }

  /// Adds a whole word that has been taken through its round.
  @inline(__always) mutating func add(round: UInt64) {
    hash = ShortHash.rotate(hash ^ round, 27) &* ShortHash.prime1 &+ ShortHash.prime4
  }

  /// Adds the last bytes, up to 7, the lowest of a word first, and ends.
  @inline(__always) func finish(_ word: UInt64, count: Int) -> UInt64 {
    var hash = hash
    var word = word
    var count = count
    if count >= 4 {
      hash ^= (word & 0xFFFF_FFFF) &* ShortHash.prime1
      hash = ShortHash.rotate(hash, 23) &* ShortHash.prime2 &+ ShortHash.prime3
      word &>>= 32
      count &-= 4
    }
    while count > 0 {
      hash = ShortHash.rotate(hash ^ (word & 0xFF) &* ShortHash.prime5, 11) &* ShortHash.prime1
      word &>>= 8
      count &-= 1
    }
    hash = (hash ^ hash &>> 33) &* ShortHash.prime2
    hash = (hash ^ hash &>> 29) &* ShortHash.prime3
    return hash ^ hash &>> 32
  }

  @inline(__always) private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    value &<< bits | value &>> (64 &- bits)
  }
}
