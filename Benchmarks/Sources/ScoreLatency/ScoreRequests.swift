import BenchmarkSupport

/// Score requests of one instance each, ready to be sent, from flights spread over the whole file.
struct ScoreRequests {
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>] = []

  init(_ flights: Flights, count: Int) {
    for index in 0..<count {
      let line = flights.lines[index * flights.lines.count / count]
      let start = bytes.count
      bytes.append(contentsOf: "{\"op\":\"score\",\"id\":\(index),\"instances\":[".utf8)
      bytes.append(contentsOf: flights.bytes[line])
      bytes.append(contentsOf: "]}\n".utf8)
      ranges.append(start..<bytes.count)
    }
  }

  var count: Int { ranges.count }
  var meanBytes: Int { bytes.count / ranges.count }

  /// Calls with the bytes of the request that comes after `index` others, from the beginning again after the last.
  @inline(__always)
  func withRequest<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let range = ranges[index % ranges.count]
    return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
