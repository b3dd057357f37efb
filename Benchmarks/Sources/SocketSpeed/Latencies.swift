import BenchmarkSupport

/// How long exchanges took.
struct Latencies {
  /// Nanoseconds from before sending to after receiving, ascending.
  private let sorted: [UInt64]

  private init(_ times: [UInt64]) {
    sorted = times.sorted()
  }

  /// One exchange after the other over one connection, after 1,000 that do not count.
  ///
  /// - Parameter scores: whether every answer must be a score; looked at outside the time that is measured.
  static func alternating(_ count: Int, _ requests: ScoreRequests, over socket: WireSocket, scores: Bool) throws
    -> Latencies
  {
    var times = [UInt64](repeating: 0, count: count)
    for index in -1000..<count {
      let position = index + 1000
      times[max(0, index)] = try requests.withRequests(position) { request in
        let start = Clock.monotonic
        try socket.send(request)
        let answer = try socket.receive()
        let end = Clock.monotonic
        if scores { try checkIsScore(answer) }
        return end - start
      }
    }
    return Latencies(times)
  }

  /// One request under way on each of several connections.
  static func rotating(_ count: Int, _ requests: ScoreRequests, over sockets: [WireSocket]) throws -> Latencies {
    var times: [UInt64] = []
    times.reserveCapacity(count)
    var starts = [UInt64](repeating: 0, count: sockets.count)
    for index in 0..<(count + sockets.count) {
      let connection = index % sockets.count
      if index >= sockets.count {
        try checkIsScore(try sockets[connection].receive())
        times.append(Clock.monotonic - starts[connection])
      }
      if index < count {
        starts[connection] = Clock.monotonic
        try requests.withRequests(index) { try sockets[connection].send($0) }
      }
    }
    return Latencies(times)
  }

  /// Until some time has passed, however many that are.
  static func alternating(seconds: Double, _ requests: ScoreRequests, over socket: WireSocket) throws -> Latencies {
    var times: [UInt64] = []
    let end = Clock.monotonic + UInt64(seconds * 1e9)
    var index = 0
    while Clock.monotonic < end {
      let time = try requests.withRequests(index) { request in
        let start = Clock.monotonic
        try socket.send(request)
        let answer = try socket.receive()
        let time = Clock.monotonic - start
        try checkIsScore(answer)
        return time
      }
      times.append(time)
      index += 1
    }
    return Latencies(times)
  }

  var count: Int { sorted.count }

  /// In microseconds, of the share of exchanges that took no longer.
  func quantile(_ quantile: Double) -> Double {
    Double(Numbers.quantile(quantile, ofSorted: sorted)) / 1000
  }

  private static func checkIsScore(_ answer: UnsafeRawBufferPointer) throws {
    guard answer.count > 40, answer.last == UInt8(ascii: "\n") || answer.first == UInt8(ascii: "H") else {
      throw BenchmarkProblem("the answer is no score: \(String(decoding: answer, as: UTF8.self))")
    }
    // Lines begin with their id, HTTP with its status.
    let isScore: Bool
    if answer.first == UInt8(ascii: "H") {
      isScore = answer.starts(with: "HTTP/1.1 200 ".utf8)
    } else {
      let comma = answer.firstIndex(of: UInt8(ascii: ",")) ?? answer.startIndex
      isScore = answer[(comma + 1)...].starts(with: "\"predictions\":[{".utf8)
    }
    if !isScore { throw BenchmarkProblem("the answer is no score: \(String(decoding: answer, as: UTF8.self))") }
  }
}
