import BenchmarkSupport

/// How long exchanges took, one after the other over one connection.
struct Latencies {
  /// Nanoseconds from before sending to after receiving, ascending.
  private let sorted: [UInt64]

  /// Makes the exchanges, after 1,000 that do not count.
  ///
  /// - Parameter scores: whether every answer must be a score; looked at outside the time that is measured.
  init(_ count: Int, _ requests: ScoreRequests, over socket: LineSocket, scores: Bool) throws {
    var times = [UInt64](repeating: 0, count: count)
    for index in -1000..<count {
      let position = index + 1000
      times[max(0, index)] = try requests.withRequest(position) { request in
        let start = Clock.monotonic
        let answer = try socket.exchange(request)
        let end = Clock.monotonic
        if scores, !Self.isScore(answer) {
          throw BenchmarkProblem("the answer is no score: \(String(decoding: answer, as: UTF8.self))")
        }
        return end - start
      }
    }
    sorted = times.sorted()
  }

  /// In microseconds, of the share of exchanges that took no longer.
  func quantile(_ quantile: Double) -> Double {
    Double(Numbers.quantile(quantile, ofSorted: sorted)) / 1000
  }

  /// Whether `{"id":N,` is followed by predictions, not by an error.
  private static func isScore(_ answer: UnsafeRawBufferPointer) -> Bool {
    guard let comma = answer.firstIndex(of: UInt8(ascii: ",")) else { return false }
    return answer[(comma + 1)...].starts(with: "\"predictions\":[{".utf8)
  }
}
