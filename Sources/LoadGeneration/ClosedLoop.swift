/// Keeps so many requests under way on each connection and sends the next one when an answer comes: finds the rate that
/// the server can do, not the latency that callers feel.
public struct ClosedLoop: Sendable {
  /// Requests under way on each connection.
  public var depth: Int
  /// Nanoseconds at the beginning whose requests are sent and not counted.
  public var warmUp: UInt64
  /// Nanoseconds that are counted.
  public var duration: UInt64
  /// Nanoseconds that are waited for the last answers.
  public var patience: UInt64

  /// Makes a load.
  public init(depth: Int, warmUp: UInt64 = 0, duration: UInt64, patience: UInt64 = 10_000_000_000) {
    self.depth = max(1, depth)
    self.warmUp = warmUp
    self.duration = duration
    self.patience = patience
  }

  /// Runs it.
  ///
  /// - Parameters:
  ///   - transport: where the requests go.
  ///   - requests: what is sent, at least one.
  ///   - isInterrupted: asked now and then; what was found so far is reported when it says so.
  public func run(
    _ transport: some LoadTransport, _ requests: LoadRequests, isInterrupted: () -> Bool = { false }
  ) -> LoadReport {
    var tally = LoadTally()
    var waiting = [PendingRequests](repeating: PendingRequests(), count: transport.connections)
    let start = transport.now
    let counted = start &+ warmUp
    let end = counted &+ duration
    var processor = transport.processorTime
    var isCounting = false
    var sent: UInt64 = 0
    var index = 0
    var lastAnswer = counted

    func take(_ connection: Int, _ outcome: LoadOutcome) {
      guard let request = waiting[connection].removeFirst(), request >= counted else { return }
      lastAnswer = transport.now
      tally.record(outcome, latency: lastAnswer - request)
    }

    while true {
      let now = transport.now
      guard now < end, !isInterrupted() else { break }
      if !isCounting, now >= counted {
        isCounting = true
        processor = transport.processorTime
      }
      for connection in waiting.indices {
        while waiting[connection].count < depth {
          waiting[connection].append(now)
          requests.withRequest(index) { transport.send($0, on: connection) }
          index += 1
          if now >= counted { sent += 1 }
        }
      }
      transport.wait(until: end, take)
    }
    let limit = transport.now &+ patience
    while waiting.contains(where: { !$0.isEmpty }), transport.now < limit, !isInterrupted() {
      transport.wait(until: limit, take)
    }
    let used = transport.processorTime &- processor
    let now = transport.now
    for connection in waiting.indices {
      while let request = waiting[connection].removeFirst() {
        guard request >= counted else { continue }
        tally.record(unansweredFor: now - request)
        lastAnswer = now
      }
    }
    return LoadReport(
      tally, mode: .closedLoop, rate: nil, sent: sent, nanoseconds: lastAnswer &- counted, processor: used,
      instancesPerRequest: requests.instancesPerRequest)
  }
}
