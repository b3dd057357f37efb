import Compression

/// What tells a file from another of the same name.
///
/// Its first bytes do, uncompressed, so that a copy, a renamed and a compressed file are still the same. A file that had
/// no bytes yet is known by its place on the machine.
enum FileIdentity: Equatable {
  /// The first bytes, as many as are known: a few may be those of many files.
  case head(FileHead)
  /// A file that was empty; nil where its place is not known, as in directories of earlier versions.
  case empty(EmptyFile?)

  /// A file without bytes, and when it was written last, nanoseconds since 1970.
  struct EmptyFile: Equatable {
    var place: FilePlace
    var modified: Int64
  }

  /// An open file's.
  init(of reader: DecompressingReader) throws(CompressionProblem) {
    let head = try FileHead(of: reader)
    if head.bytes > 0 {
      self = .head(head)
    } else {
      self = .empty(FileStatus(descriptor: reader.descriptor).map { EmptyFile(place: $0.place, modified: $0.modified) })
    }
  }

  /// As positions keep it: `head:4096:checksum`, or `empty:place:time`.
  var text: String {
    switch self {
    case .head(let head): "head:\(head.bytes):\(head.checksum)"
    case .empty(nil): "head:0:\(RecordChecksum(of: UnsafeRawBufferPointer(start: nil, count: 0)))"
    case .empty(let file?): "empty:\(file.place.text):\(file.modified)"
    }
  }

  init?(text: String) {
    let parts = text.split(separator: ":")
    guard parts.count == 3 else { return nil }
    if parts[0] == "empty", let place = FilePlace(text: parts[1]), let modified = Int64(parts[2]) {
      self = .empty(EmptyFile(place: place, modified: modified))
    } else if parts[0] == "head", let bytes = Int(parts[1]), (0...FileHead.length).contains(bytes),
      let value = UInt64(parts[2], radix: 16)
    {
      self = bytes == 0 ? .empty(nil) : .head(FileHead(bytes: bytes, checksum: RecordChecksum(value)))
    } else {
      return nil
    }
  }

  /// How many bytes are known of a file that has as many.
  static let length = FileHead.length

  /// How many bytes are known.
  var bytes: Int {
    if case .head(let head) = self { head.bytes } else { 0 }
  }

  /// Whether more bytes would tell more.
  var isShort: Bool { bytes < Self.length }

  /// Whether the file had no bytes yet.
  var isOfEmptyFile: Bool {
    if case .empty = self { true } else { false }
  }

  /// The same file's, once its first bytes are these.
  func grown(to head: FileHead) -> FileIdentity { head.bytes > bytes ? .head(head) : self }
}
