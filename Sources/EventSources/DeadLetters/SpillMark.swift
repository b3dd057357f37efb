import DurableFiles

/// The file that says how far the spill was delivered: written now and then, so that a restart sends little again.
///
/// Lost or damaged it is as if nothing had been delivered: everything that is still there is sent again.
struct SpillMark: Equatable, Sendable {
  /// All before it was delivered, or given up.
  var place = SpillPlace()

  /// Whether some were dropped, and not all others were delivered since.
  var isDropping = false

  private static let limit = 4096

  private static func path(in directory: String) -> String { directory + "/delivered" }

  /// What the file of a directory says; nil where there is none, or it cannot be understood.
  static func read(in directory: String) -> SpillMark? {
    guard let bytes = try? OpenFile.contents(of: path(in: directory), limit: limit) else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 6, words[0] == "delivered1", let segment = UInt64(words[1]), let offset = UInt64(words[2]),
      let entries = UInt64(words[3]), segment <= SpillFormat.lastNumber
    else { return nil }
    let place = SpillPlace(segment: segment, offset: offset, entries: entries)
    let mark = SpillMark(place: place, isDropping: words[4] == "dropped")
    return words[5] == mark.checksum ? mark : nil
  }

  /// Replaces the file; waits for the disk.
  func write(in directory: String) throws(FileProblem) {
    try AtomicFile.replace(at: Self.path(in: directory), with: Array((text + " " + checksum + "\n").utf8))
  }

  private var text: String {
    "delivered1 \(place.segment) \(place.offset) \(place.entries) \(isDropping ? "dropped" : "whole")"
  }

  private var checksum: String {
    Checksum.hex(Array(text.utf8).withUnsafeBytes { Checksum.xxh3($0) })
  }
}
