/// Sends requests when they are due, whether or not the server has answered those before, and times each answer from
/// the moment its request was due: a server that stalls is charged for everybody who would have waited, and so is a
/// generator that comes late itself (no coordinated omission).
public struct OpenLoop: Sendable {
  /// Requests a second.
  public var rate: Double
  /// How they are spaced.
  public var spacing: ArrivalSchedule.Spacing
  /// Of the gaps that are drawn.
  public var seed: UInt64
  /// Nanoseconds at the beginning whose requests are sent and not counted.
  public var warmUp: UInt64
  /// Nanoseconds that are counted.
  public var duration: UInt64
  /// Nanoseconds that are waited for the last answers.
  public var patience: UInt64

  /// Requests that are sent between two looks at what was answered, where the generator has fallen behind.
  private static let burst = 64

  /// Makes a load.
  public init(
    rate: Double, spacing: ArrivalSchedule.Spacing = .poisson, seed: UInt64 = 1, warmUp: UInt64 = 0, duration: UInt64,
    patience: UInt64 = 10_000_000_000
  ) {
    self.rate = rate
    self.spacing = spacing
    self.seed = seed
    self.warmUp = warmUp
    self.duration = duration
    self.patience = patience
  }

  /// Runs it.
  ///
  /// - Parameters:
  ///   - transport: where the requests go, in turn to each connection.
  ///   - requests: what is sent, at least one.
  ///   - isInterrupted: asked now and then; what was found so far is reported when it says so.
  public func run(
    _ transport: some LoadTransport, _ requests: LoadRequests, isInterrupted: () -> Bool = { false }
  ) -> LoadReport {
    var tally = LoadTally()
    var waiting = [PendingRequests](repeating: PendingRequests(), count: transport.connections)
    var schedule = ArrivalSchedule(rate: rate, spacing: spacing, seed: seed)
    let start = transport.now
    let counted = start &+ warmUp
    let end = counted &+ duration
    var processor = transport.processorTime
    var isCounting = warmUp == 0
    var sent: UInt64 = 0
    var index = 0
    var due = start &+ schedule.next()

    func take(_ connection: Int, _ outcome: LoadOutcome) {
      guard let request = waiting[connection].removeFirst(), request >= counted else { return }
      let now = transport.now
      tally.record(outcome, latency: now > request ? now - request : 0)
    }

    while due < end, !isInterrupted() {
      var now = transport.now
      var burst = 0
      while due <= now, due < end, burst < Self.burst {
        if !isCounting, due >= counted {
          isCounting = true
          processor = transport.processorTime
        }
        let connection = index % waiting.count
        waiting[connection].append(due)
        requests.withRequest(index) { transport.send($0, on: connection) }
        if due >= counted {
          tally.record(lateness: now - due)
          sent += 1
        }
        index += 1
        burst += 1
        due = start &+ schedule.next()
        now = transport.now
      }
      transport.wait(until: min(due, end), take)
    }
    let limit = transport.now &+ patience
    while waiting.contains(where: { !$0.isEmpty }), transport.now < limit, !isInterrupted() {
      transport.wait(until: limit, take)
    }
    let now = transport.now
    for connection in waiting.indices {
      while let request = waiting[connection].removeFirst() {
        if request >= counted { tally.record(unansweredFor: now > request ? now - request : 0) }
      }
    }
    return LoadReport(
      tally, mode: .openLoop, rate: rate, sent: sent, nanoseconds: now > counted ? now - counted : 0,
      processor: transport.processorTime &- processor, instancesPerRequest: requests.instancesPerRequest)
  }
}
