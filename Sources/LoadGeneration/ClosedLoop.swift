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
    var run = LoadRun(transport, requests, warmUp: warmUp, duration: duration)
    while true {
      let now = transport.now
      guard now < run.end, !isInterrupted() else { break }
      run.beginCounting(at: now)
      for connection in 0..<run.connections {
        while run.underWay(on: connection) < depth { run.send(on: connection, timedFrom: now) }
      }
      run.wait(until: run.end)
    }
    return run.finish(mode: .closedLoop, rate: nil, patience: patience, isInterrupted: isInterrupted)
  }
}
