import Compression
import Foundation

/// The lines of one of Frappe's files.
public struct EventLines {
  /// All lines.
  public let bytes: [UInt8]
  /// Where each line stands, without its line feed.
  public let lines: [Range<Int>]

  /// How many.
  public var count: Int { lines.count }

  /// Reads a file, plain or compressed.
  public init(path: String) throws {
    let reader = try DecompressingReader(path: path)
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try piece.withUnsafeMutableBytes { try reader.read(into: $0) }
      if count == 0 { break }
      bytes.append(contentsOf: piece[..<count])
    }
    if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    var lines: [Range<Int>] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lines.append(start..<index)
      start = index + 1
    }
    (self.bytes, self.lines) = (bytes, lines)
  }
}

/// The Frappe data of the AFM paper, which may not be handed on: from the shared test material, or the reader's own.
public struct Frappe {
  /// What is said where the data are not there.
  public static let absent =
    "NOT MEASURED: Frappe. Its files may not be handed on. Download frappe.train.libfm, frappe.validation.libfm and "
    + "frappe.test.libfm of the AFM paper, and name their directory with --frappe."

  /// What is learned.
  public let training: EventLines
  /// What settings are chosen by.
  public let validation: EventLines
  /// What is stated.
  public let test: EventLines

  /// The files in a directory, else in the shared material; nil where none is named and that has none of them.
  ///
  /// - Throws: where the directory, or the shared material that has others, lacks one, or one cannot be read.
  public static func find(_ directory: String?) throws -> Frappe? {
    let shared = ProcessInfo.processInfo.environment["AFM_SHARED"].flatMap { $0.isEmpty ? nil : $0 + "/data" }
    guard let place = directory ?? shared else { return nil }
    func name(_ part: String) -> String? {
      let names = ["frappe.\(part).libfm", "\(part).libfm"].flatMap { [$0, $0 + ".xz", $0 + ".gz", $0 + ".zst"] }
      return names.first { FileManager.default.fileExists(atPath: place + "/" + $0) }
    }
    if directory == nil, ["train", "validation", "test"].allSatisfy({ name($0) == nil }) { return nil }
    func lines(_ part: String) throws -> EventLines {
      guard let name = name(part) else {
        throw BenchmarkProblem("\(place) has no frappe.\(part).libfm, plain or compressed")
      }
      return try EventLines(path: place + "/" + name)
    }
    return try Frappe(training: lines("train"), validation: lines("validation"), test: lines("test"))
  }
}
