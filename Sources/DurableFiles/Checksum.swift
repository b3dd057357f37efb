import CXXHash

// Unsafe pointers here are read by libxxhash within the bounds of the buffer they were given with; the state of
// `RunningChecksum` is allocated in `init`, owned alone by it and freed in `deinit`.

/// Checksums of files and records: XXH3, as `xxhsum -H2` (128 bits) and `xxhsum -H3` (64 bits) print them.
public enum Checksum {
  /// XXH3, 64 bits, of some bytes.
  public static func xxh3(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    XXH3_64bits_withSeed(bytes.baseAddress, bytes.count, seed)
  }

  /// XXH3, 128 bits, of some bytes: 32 lower-case hexadecimal digits, the high half first.
  public static func xxh3Hex128(_ bytes: UnsafeRawBufferPointer) -> String {
    hex(XXH3_128bits(bytes.baseAddress, bytes.count))
  }

  /// XXH3, 128 bits, of a file: 32 lower-case hexadecimal digits, the high half first. Reads 1 MiB at a time.
  public static func xxh3Hex128(ofFile path: String) throws(FileProblem) -> String {
    let file = try OpenFile(path, .read)
    let checksum = RunningChecksum()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    var offset: UInt64 = 0
    while true {
      let count = try file.read(into: buffer, at: offset)
      if count == 0 { return checksum.hex128() }
      checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset &+= UInt64(count)
    }
  }

  /// A 64-bit number as 16 lower-case hexadecimal digits.
  public static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func hex(_ hash: XXH128_hash_t) -> String {
    hex(hash.high64) + hex(hash.low64)
  }
}

/// The XXH3 checksum of bytes that come in pieces. One owner, not for several threads.
public final class RunningChecksum {
  private let state: OpaquePointer?

  /// Starts with no bytes.
  public init() {
    state = XXH3_createState()
    precondition(state != nil, "no memory for a checksum")
    XXH3_128bits_reset(state)
  }

  deinit {
    XXH3_freeState(state)
  }

  /// Takes in more bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
  }

  /// XXH3, 128 bits, of all bytes so far: 32 lower-case hexadecimal digits, the high half first.
  public func hex128() -> String {
    Checksum.hex(XXH3_128bits_digest(state))
  }
}
