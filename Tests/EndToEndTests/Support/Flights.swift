import Foundation
import TestSupport

/// The flights of 2013 as one JSON object a line, decompressed once for all tests.
enum Flights {
  /// How many there are.
  static let count = 327_346

  /// The file of all flights.
  static func file() throws -> String {
    try unpacked.get()
  }

  /// A file of the first `count` flights.
  static func file(first count: Int, in folder: TemporaryDirectory) throws -> String {
    let path = folder.path("flights-\(count).ndjson")
    let head = try Program.output("head", ["-n", String(count), try file()])
    try Data(head.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private static let folder = Swift.Result { try TemporaryDirectory() }
  private static let unpacked: Swift.Result<String, any Error> = Swift.Result {
    guard let shared = Environment.shared else {
      throw Program.Failure(description: "AFM_SHARED names no folder, so there are no flights to learn")
    }
    let path = try folder.get().path("flights.ndjson")
    let source = shared.appendingPathComponent("data/flights.ndjson.xz").path
    try Program.output("sh", ["-c", "xz -dc '\(source)' > '\(path)'"])
    return path
  }
}
