import Compression
import Foundation

/// The flights that everything is measured with, one JSON object a line.
public struct Flights {
  /// Where they came from.
  public let source: String
  /// Whether they are all flights of 2013, which figures are promised of, not the demo's sample.
  public let isWholeYear: Bool
  /// All lines with their line feeds.
  public let bytes: [UInt8]
  /// Where each line stands, without its line feed.
  public let lines: [Range<Int>]

  /// Where they came from and how many they are.
  public var description: String { "\(source), \(lines.count)" }

  /// Reads all flights of 2013 from the folder `AFM_SHARED`, or else the demo's sample.
  public init() throws {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../..").standardized
    let shared = ProcessInfo.processInfo.environment["AFM_SHARED"].flatMap { $0.isEmpty ? nil : $0 }
    let path =
      shared.map { $0 + "/data/flights.ndjson.xz" }
      ?? project.appendingPathComponent("Config/demo/flights.ndjson.xz").path
    isWholeYear = shared != nil
    source = shared == nil ? "the demo's sample of flights" : "all flights of 2013"

    let reader = try DecompressingReader(path: path)
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try piece.withUnsafeMutableBytes { try reader.read(into: $0) }
      if count == 0 { break }
      bytes.append(contentsOf: piece[..<count])
    }
    self.bytes = bytes

    var lines: [Range<Int>] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lines.append(start..<index)
      start = index + 1
    }
    self.lines = lines
  }

  /// Writes them to a file, several times over.
  public func write(copies: Int, to path: String) throws {
    try Data().write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let data = Data(bytes)
    for _ in 0..<copies { try file.write(contentsOf: data) }
    try file.close()
  }
}
