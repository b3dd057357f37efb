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
        if scores { try AnswerCheck.isScore(answer) }
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
        let answer = try sockets[connection].receive()
        times.append(Clock.monotonic - starts[connection])
        try AnswerCheck.isScore(answer)
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
        try AnswerCheck.isScore(answer)
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
}
