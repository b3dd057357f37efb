import BenchmarkSupport

/// Score requests of one instance each, ready to be sent, from flights spread over the whole file.
struct ScoreRequests {
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>] = []

  init(_ flights: Flights, count: Int, as speech: Speech) {
    for index in 0..<count {
      let flight = flights.bytes[flights.lines[index * flights.lines.count / count]]
      let start = bytes.count
      switch speech {
      case .lines:
        bytes.append(contentsOf: "{\"op\":\"score\",\"id\":\(index),\"instances\":[".utf8)
        bytes.append(contentsOf: flight)
        bytes.append(contentsOf: "]}\n".utf8)
      case .http:
        let length = flight.count + "{\"instances\":[]}".utf8.count
        bytes.append(contentsOf: "POST /v1/score HTTP/1.1\r\nHost: afmd\r\nContent-Type: application/json\r\n".utf8)
        bytes.append(contentsOf: "Content-Length: \(length)\r\n\r\n{\"instances\":[".utf8)
        bytes.append(contentsOf: flight)
        bytes.append(contentsOf: "]}".utf8)
      }
      ranges.append(start..<bytes.count)
    }
  }

  var meanBytes: Int { bytes.count / ranges.count }

  /// Calls with the bytes of `depth` requests, those that come after `index` others; from the beginning again after
  /// the last.
  @inline(__always)
  func withRequests<Result>(_ index: Int, depth: Int = 1, _ body: (UnsafeRawBufferPointer) throws -> Result)
    rethrows -> Result
  {
    let first = index % (ranges.count - depth + 1)
    let range = ranges[first].lowerBound..<ranges[first + depth - 1].upperBound
    return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
