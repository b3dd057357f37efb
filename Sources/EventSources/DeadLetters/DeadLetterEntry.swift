// Unsafe memory: views of a buffer of the caller's, within bounds that were checked, during one call.
import DurableFiles

/// A dead letter as the spill holds it, with its key, its reason and its bytes.
///
/// An entry is a header of 12 bytes (the length of the content, 32 bits, and its checksum: XXH3 with 64 bits, seeded by
/// the entry's offset) and the content: the lengths of key, reason and detail, 32 bits each, those texts, and the
/// record's bytes. All numbers are little-endian.
struct DeadLetterEntry {
  var key: UnsafeRawBufferPointer
  var reason: String
  var detail: String
  var value: UnsafeRawBufferPointer

  static let headerSize = 12
  /// More than any record has: Kafka's limit is a 32-bit number, and a source's far below it.
  static let maximumContent = 1 << 30

  private static let lengthsSize = 12

  /// The bytes of the entry.
  static func size(key: Int, reason: Int, detail: Int, value: Int) -> Int {
    headerSize + lengthsSize + key + reason + detail + value
  }

  /// Writes an entry that begins at an offset of its segment over a buffer.
  static func write(
    key: String, reason: String, detail: String, value: UnsafeRawBufferPointer, at offset: UInt64,
    into buffer: inout [UInt8]
  ) {
    buffer.removeAll(keepingCapacity: true)
    buffer.append(contentsOf: repeatElement(0, count: headerSize))
    for length in [key.utf8.count, reason.utf8.count, detail.utf8.count] { append(UInt32(clamping: length), &buffer) }
    buffer.append(contentsOf: key.utf8)
    buffer.append(contentsOf: reason.utf8)
    buffer.append(contentsOf: detail.utf8)
    buffer.append(contentsOf: value)
    let length = UInt32(clamping: buffer.count - headerSize)
    let checksum = buffer.withUnsafeBytes { bytes in
      Checksum.xxh3(UnsafeRawBufferPointer(rebasing: bytes[headerSize...]), seed: offset)
    }
    buffer.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: length.littleEndian, as: UInt32.self)
      bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt64.self)
    }
  }

  /// The length of the content that a header announces; nil where it announces what no entry has.
  static func contentLength(_ header: UnsafeRawBufferPointer) -> Int? {
    let length = Int(UInt32(littleEndian: header.loadUnaligned(as: UInt32.self)))
    return length >= lengthsSize && length <= maximumContent ? length : nil
  }

  /// The entry of a header and its content; nil where they are not what was written at that offset.
  init?(header: UnsafeRawBufferPointer, content: UnsafeRawBufferPointer, at offset: UInt64) {
    let checksum = UInt64(littleEndian: header.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
    guard content.count >= Self.lengthsSize, Checksum.xxh3(content, seed: offset) == checksum else { return nil }
    var rest = content[Self.lengthsSize...]
    func next(_ index: Int) -> Slice<UnsafeRawBufferPointer>? {
      let length = Int(UInt32(littleEndian: content.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
      guard length <= rest.count else { return nil }
      defer { rest = rest.dropFirst(length) }
      return rest.prefix(length)
    }
    guard let key = next(0), let reason = next(1), let detail = next(2) else { return nil }
    self.key = UnsafeRawBufferPointer(rebasing: key)
    self.reason = String(decoding: reason, as: UTF8.self)
    self.detail = String(decoding: detail, as: UTF8.self)
    value = UnsafeRawBufferPointer(rebasing: rest)
  }

  private static func append(_ number: UInt32, _ buffer: inout [UInt8]) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { buffer.append(UInt8(truncatingIfNeeded: number >> shift)) }
  }
}
