/// What a generator counts while it runs.
struct LoadTally {
  private(set) var scored: UInt64 = 0
  private(set) var errors: [String: (count: UInt64, first: String?)] = [:]
  let latencies = Histogram()
  let lateness = Histogram()
  private(set) var greatestLatency: UInt64 = 0
  private(set) var greatestLateness: UInt64 = 0
  private(set) var late: UInt64 = 0

  /// A request that goes out so much after it was due, in nanoseconds, counts as late.
  static let lateFrom: UInt64 = 100_000

  /// Counts an answer, or that there is none.
  mutating func record(_ outcome: LoadOutcome, latency: UInt64) {
    latencies.record(nanoseconds: latency)
    greatestLatency = max(greatestLatency, latency)
    guard let kind = outcome.errorKind else {
      scored += 1
      return
    }
    let before = errors[kind]
    errors[kind] = ((before?.count ?? 0) + 1, before?.first ?? outcome.detail)
  }

  /// Counts a request that is never answered; its latency is at least the time that was waited for it.
  mutating func record(unansweredFor time: UInt64) {
    latencies.record(nanoseconds: time)
    greatestLatency = max(greatestLatency, time)
    errors["no answer", default: (0, nil)].count += 1
  }

  /// Counts how much after its time a request was sent.
  mutating func record(lateness: UInt64) {
    self.lateness.record(nanoseconds: lateness)
    greatestLateness = max(greatestLateness, lateness)
    if lateness >= Self.lateFrom { late += 1 }
  }
}
