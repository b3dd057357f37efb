import FeatureEncoding

/// Where reading begins, as people write it: a word, a time, or an offset of each partition.
public enum StartPosition: Equatable, Sendable {
  /// At the earliest record there is.
  case earliest
  /// At the next record to come.
  case latest
  /// At the first record that is not older, in milliseconds since 1970.
  case time(milliseconds: Int64)
  /// At an offset of each partition; a file has partition 0 alone, and its offset is a byte.
  case offsets([Int32: Int64])

  /// What `init(text:)` takes, in words.
  public static let wanted =
    "earliest, latest, a time such as 2026-01-31T00:00:00Z, or the offset of each partition such as 0:120,1:99"

  /// Reads `earliest`, `latest`, an RFC 3339 time, `partition:offset` with commas between, or the offset of partition 0
  /// alone.
  ///
  /// - Returns: nil where the text is none of them, or names a partition twice.
  public init?(text: String) {
    switch text {
    case "earliest": self = .earliest
    case "latest": self = .latest
    default:
      if let milliseconds = RFC3339.milliseconds(text) {
        self = .time(milliseconds: milliseconds)
      } else if let offset = Self.number(text[...]) {
        self = .offsets([0: offset])
      } else if let offsets = Self.offsets(text) {
        self = .offsets(offsets)
      } else {
        return nil
      }
    }
  }

  private static func offsets(_ text: String) -> [Int32: Int64]? {
    var offsets: [Int32: Int64] = [:]
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let partition = number(parts[0]).flatMap({ Int32(exactly: $0) }),
        let offset = number(parts[1]), offsets.updateValue(offset, forKey: partition) == nil
      else { return nil }
    }
    return offsets
  }

  /// A whole number of digits alone, blanks around it aside.
  private static func number(_ text: Substring) -> Int64? {
    var digits = text.drop { $0 == " " }
    while digits.last == " " { digits.removeLast() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int64(digits)
  }
}
