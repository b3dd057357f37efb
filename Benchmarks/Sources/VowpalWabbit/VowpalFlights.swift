import BenchmarkSupport
import Foundation

/// The flights as Vowpal Wabbit reads them, with the nine fields of `FlightsSettings`.
enum VowpalFlights {
  /// Writes them to a file, several times over.
  ///
  /// - Parameters:
  ///   - flights: all of them.
  ///   - inOneNamespace: whether all fields share a namespace, which its quadratic features take less time for; or each
  ///     is one, which is how it tells fields apart.
  ///   - copies: how often.
  ///   - path: the file.
  static func write(_ flights: Flights, inOneNamespace: Bool, copies: Int, to path: String) throws {
    var text: [UInt8] = []
    for line in flights.lines {
      let object = try JSONSerialization.jsonObject(with: Data(flights.bytes[line]))
      guard let flight = object as? [String: Any], let label = flight["label"] as? Int,
        let time = flight["time"] as? String
      else { throw BenchmarkProblem("no flight: \(String(decoding: flights.bytes[line], as: UTF8.self))") }
      text.append(contentsOf: (label == 1 ? "1" : "-1").utf8)
      if inOneNamespace { text.append(contentsOf: " |f".utf8) }
      func add(_ field: Character, _ value: String?) {
        guard let value else { return }
        text.append(contentsOf: (inOneNamespace ? " \(field)=" : " |\(field) ").utf8)
        text.append(contentsOf: value.utf8.map { " :|".utf8.contains($0) ? UInt8(ascii: "_") : $0 })
      }
      add("a", String(time.prefix(10)))
      add("b", "\(try dayOfWeek(time))")
      add("c", String(time.dropFirst(11).prefix(2)))
      add("d", flight["carrier"] as? String)
      add("e", flight["flight"] as? String)
      add("f", flight["tailnum"] as? String)
      add("g", flight["origin"] as? String)
      add("h", flight["dest"] as? String)
      // A word, not a number: a number alone would be an index.
      add("i", (flight["distance"] as? Double).map { "d\(Int($0 / 250))" })
      text.append(UInt8(ascii: "\n"))
    }
    try Data().write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    for _ in 0..<copies { try file.write(contentsOf: Data(text)) }
    try file.close()
  }

  /// Sakamoto's formula; 0 is Sunday.
  private static func dayOfWeek(_ time: String) throws -> Int {
    let parts = time.prefix(10).split(separator: "-").compactMap { Int($0) }
    guard parts.count == 3, (1...12).contains(parts[1]) else { throw BenchmarkProblem("no date: \(time)") }
    let year = parts[1] < 3 ? parts[0] - 1 : parts[0]
    let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][parts[1] - 1]
    return (year + year / 4 - year / 100 + year / 400 + shift + parts[2]) % 7
  }
}
