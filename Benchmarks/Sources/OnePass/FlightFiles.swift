import BenchmarkSupport
import Foundation

/// The flights in a file, each with the moment at which its label is known: scheduled departure, 60 minutes, and the
/// way at 7.5 miles a minute. Deleted at the end.
final class FlightFiles {
  /// The field that has been added to every event: milliseconds since 1970.
  static let labelTime = "label_known"

  /// What they are.
  let description: String
  /// Whether what is promised is promised of them.
  let isWholeYear: Bool
  /// How many.
  let count: Int
  let path: String
  private let folder: String

  init(_ flights: Flights) throws {
    description = flights.description
    isWholeYear = flights.isWholeYear
    count = flights.lines.count
    folder = DaemonProcess.temporaryFolder()
    path = folder + "/flights.ndjson"
    var text: [UInt8] = []
    text.reserveCapacity(flights.bytes.count + 40 * flights.lines.count)
    for line in flights.lines {
      let event = String(decoding: flights.bytes[line], as: UTF8.self)
      guard event.last == "}", let time = Self.value(of: "time", in: event).flatMap(Self.milliseconds),
        let miles = Self.value(of: "distance", in: event).flatMap({ Double($0) })
      else { throw BenchmarkProblem("no flight: \(event)") }
      let known = time + Int64(((60 + miles / 7.5) * 60_000).rounded())
      text.append(contentsOf: flights.bytes[line].dropLast())
      text.append(contentsOf: ",\"\(Self.labelTime)\":\(known)}\n".utf8)
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The text of a member at the top of an event of the flights, which never has the quoted name elsewhere.
  private static func value(of name: String, in event: String) -> Substring? {
    guard let start = event.range(of: "\"\(name)\":")?.upperBound else { return nil }
    let text = event[start...]
    return text.first == "\"" ? text.dropFirst().prefix { $0 != "\"" } : text.prefix { !",}".contains($0) }
  }

  /// Milliseconds since 1970 of such as `2013-01-01T05:15:00-05:00`.
  private static func milliseconds(_ time: Substring) -> Int64? {
    guard let date = try? Date(String(time), strategy: .iso8601) else { return nil }
    return Int64(date.timeIntervalSince1970 * 1000)
  }
}
