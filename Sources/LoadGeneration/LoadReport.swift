/// What a run of a generator found. Durations are in seconds.
public struct LoadReport: Codable, Equatable, Sendable {
  /// How requests were sent.
  public enum Mode: String, Codable, Sendable {
    /// At a rate of its own, whatever the server did: what callers feel.
    case openLoop = "open_loop"
    /// The next one when an answer came: what the server can do. Its latencies say nothing about callers, since a slow
    /// server is asked less.
    case closedLoop = "closed_loop"
  }

  /// How long requests took: in an open loop from the moment they were due, in a closed one from sending.
  public struct Latency: Codable, Equatable, Sendable {
    /// The median, to 3 %; so are the others but the greatest.
    public var p50: Double?
    /// Of ten, nine took no longer.
    public var p90: Double?
    /// Of a hundred, 99 took no longer.
    public var p99: Double?
    /// Of a thousand, 999 took no longer.
    public var p999: Double?
    /// The longest, exactly.
    public var max: Double
  }

  /// Requests without a score, by reason.
  public struct ErrorCount: Codable, Equatable, Sendable {
    /// `status 400`, `connection lost`, `no answer`, ...
    public var kind: String
    /// How many.
    public var count: UInt64
    /// What the server said to the first, where it said something.
    public var detail: String?
  }

  /// What the generator itself did to the figures.
  public struct Generator: Codable, Equatable, Sendable {
    /// The share of one core that it used while it sent; 0 where it was interrupted before anything was counted.
    public var processorShare: Double
    /// Requests that went out 0.1 ms or more after they were due.
    public var late: UInt64
    /// Of a hundred requests, 99 were no later than this; absent in a closed loop.
    public var latenessP99: Double?
    /// The latest.
    public var latenessMax: Double
    /// Why the figures say more about the generator and its machine than about the server; absent where they do not.
    public var bottleneck: String?
  }

  /// How requests were sent.
  public var mode: Mode
  /// Requests a second that were asked for; absent in a closed loop.
  public var rate: Double?
  /// Seconds that were measured, the warm-up not among them: all that were asked for, or fewer where the run was
  /// interrupted, and more where the last answer came later.
  public var seconds: Double
  /// Requests sent in them.
  public var requests: UInt64
  /// Requests scored, a second.
  public var achievedRate: Double
  /// Instances scored, a second.
  public var scoresPerSecond: Double
  /// How long they took; requests that were refused or never answered are among them.
  public var latency: Latency
  /// Requests without a score.
  public var errors: [ErrorCount]
  /// What the generator did to the figures.
  public var generator: Generator

  /// Requests without a score, of all reasons.
  public var failed: UInt64 { errors.reduce(0) { $0 + $1.count } }

  init(
    _ tally: LoadTally, mode: Mode, rate: Double?, sent: UInt64, nanoseconds: UInt64, processorShare: Double,
    instancesPerRequest: Int
  ) {
    let seconds = Double(max(nanoseconds, 1)) / 1e9
    self.mode = mode
    self.rate = rate
    self.seconds = seconds
    requests = sent
    achievedRate = Double(tally.scored) / seconds
    scoresPerSecond = achievedRate * Double(instancesPerRequest)
    latency = Latency(
      p50: tally.quantile(0.5), p90: tally.quantile(0.9), p99: tally.quantile(0.99), p999: tally.quantile(0.999),
      max: Double(tally.greatestLatency) / 1e9)
    errors = tally.errors.map { ErrorCount(kind: $0.key, count: $0.value.count, detail: $0.value.first) }
      .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
    let latenessP99 = mode == .openLoop ? tally.lateness.quantile(0.99) : nil
    generator = Generator(
      processorShare: processorShare, late: tally.late, latenessP99: latenessP99,
      latenessMax: Double(tally.greatestLateness) / 1e9,
      bottleneck: Self.bottleneck(share: processorShare, lateness: latenessP99, latency: tally.quantile(0.99)))
  }

  /// A generator that has no core to spare, or whose own lateness is most of what it measures, measures itself.
  private static func bottleneck(share: Double, lateness: Double?, latency: Double?) -> String? {
    if share > 0.9 { return "the generator used up its core: give it another one, or a lower rate" }
    if let lateness, let latency, lateness >= Double(LoadTally.lateFrom) / 1e9, lateness > latency / 2 {
      return
        "the generator was late itself for more than half of the p99: it waits for a core as long as the server does"
    }
    return nil
  }
}

extension LoadTally {
  /// A quantile of the latencies, which never exceeds the greatest: the histogram gives the middle of a bucket.
  fileprivate func quantile(_ fraction: Double) -> Double? {
    latencies.quantile(fraction).map { min($0, Double(greatestLatency) / 1e9) }
  }
}
