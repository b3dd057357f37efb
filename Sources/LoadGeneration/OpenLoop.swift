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
    var run = LoadRun(transport, requests, warmUp: warmUp, duration: duration)
    var schedule = ArrivalSchedule(rate: rate, spacing: spacing, seed: seed)
    var due = run.start &+ schedule.next()
    while true {
      var now = transport.now
      // Behind the last request too the time that was asked for is waited to its end: a rate is what came in all of it.
      guard due < run.end || now < run.end, !isInterrupted() else { break }
      run.beginCounting(at: now)
      var burst = 0
      while due <= now, due < run.end, burst < Self.burst {
        run.send(on: run.turn, timedFrom: due)
        run.record(lateness: now - due, due: due)
        burst += 1
        due = run.start &+ schedule.next()
        now = transport.now
      }
      run.wait(until: min(due, run.end))
    }
    return run.finish(mode: .openLoop, rate: rate, patience: patience, isInterrupted: isInterrupted)
  }
}
