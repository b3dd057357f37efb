/// One run of a generator: the requests that wait for their answers, what was counted, and when that began and ended.
///
/// Both loops keep their books here and differ only in when they send.
struct LoadRun<Transport: LoadTransport> {
  /// When the run began.
  let start: UInt64
  /// From when on requests are counted.
  let counted: UInt64
  /// When the last request is due at the latest.
  let end: UInt64

  private let transport: Transport
  private let requests: LoadRequests
  private var tally = LoadTally()
  private var waiting: [PendingRequests]
  private var index = 0
  private var sent: UInt64 = 0
  private var lastAnswer: UInt64 = 0
  /// What the clock and the processor showed when counting began; nil before.
  private var countingFrom: (time: UInt64, processor: UInt64)?

  init(_ transport: Transport, _ requests: LoadRequests, warmUp: UInt64, duration: UInt64) {
    self.transport = transport
    self.requests = requests
    waiting = [PendingRequests](repeating: PendingRequests(), count: transport.connections)
    start = transport.now
    counted = start &+ warmUp
    end = counted &+ duration
  }

  /// How many connections there are.
  var connections: Int { waiting.count }

  /// The connection whose turn it is.
  var turn: Int { index % waiting.count }

  /// Requests of a connection that are not answered yet.
  func underWay(on connection: Int) -> Int { waiting[connection].count }

  /// Notices that the warm-up is over; to be called before requests are sent.
  mutating func beginCounting(at now: UInt64) {
    if countingFrom == nil, now >= counted { countingFrom = (now, transport.processorTime) }
  }

  /// Sends the next request; its answer is timed from `time`.
  mutating func send(on connection: Int, timedFrom time: UInt64) {
    waiting[connection].append(time)
    requests.withRequest(index) { transport.send($0, on: connection) }
    index += 1
    if time >= counted { sent += 1 }
  }

  /// Counts how much after its time a request was sent.
  mutating func record(lateness: UInt64, due: UInt64) {
    if due >= counted { tally.record(lateness: lateness) }
  }

  /// Waits until something was answered or the clock has reached a time.
  mutating func wait(until deadline: UInt64) {
    transport.wait(until: deadline) { take($0, $1) }
  }

  private mutating func take(_ connection: Int, _ outcome: LoadOutcome) {
    guard let request = waiting[connection].removeFirst(), request >= counted else { return }
    let now = transport.now
    lastAnswer = now
    tally.record(outcome, latency: now > request ? now - request : 0)
  }

  /// Waits for the answers that are still missing, and says what was found.
  ///
  /// The time that rates are taken over is all that was asked for (up to the interruption where there was one), and goes
  /// on to the last answer where that comes later. What was waited in vain for others is no part of it, and neither is
  /// it of the time that the generator's share of its core is taken over: it idles then.
  mutating func finish(
    mode: LoadReport.Mode, rate: Double?, patience: UInt64, isInterrupted: () -> Bool
  ) -> LoadReport {
    let sendingEnd = transport.now
    let processor = transport.processorTime
    let stopped = min(sendingEnd, end)
    let limit = sendingEnd &+ patience
    while waiting.contains(where: { !$0.isEmpty }), transport.now < limit, !isInterrupted() { wait(until: limit) }
    let now = transport.now
    for connection in waiting.indices {
      while let request = waiting[connection].removeFirst() {
        if request >= counted { tally.record(unansweredFor: now > request ? now - request : 0) }
      }
    }
    let finished = max(stopped, lastAnswer)
    return LoadReport(
      tally, mode: mode, rate: rate, sent: sent, nanoseconds: finished > counted ? finished - counted : 0,
      processorShare: share(of: processor, at: sendingEnd), instancesPerRequest: requests.instancesPerRequest)
  }

  /// The share of a core that was used since counting began; 0 where it never did.
  private func share(of processor: UInt64, at now: UInt64) -> Double {
    guard let countingFrom, now > countingFrom.time, processor > countingFrom.processor else { return 0 }
    return Double(processor - countingFrom.processor) / Double(now - countingFrom.time)
  }
}
