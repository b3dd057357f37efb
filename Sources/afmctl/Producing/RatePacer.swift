/// Spreads records evenly over time. It reads no clock itself: times are given, in seconds on any steady clock.
struct RatePacer {
  private let perSecond: Double
  private let start: Double
  private var sent: UInt64 = 0

  /// At most `perSecond` records a second from `start` on; no limit where it is nil.
  init(perSecond: Double?, start: Double) {
    self.perSecond = perSecond ?? .infinity
    self.start = start
  }

  /// Seconds to wait before the next record is due; 0 where it may go now.
  func wait(at now: Double) -> Double {
    guard perSecond.isFinite else { return 0 }
    return max(0, start + Double(sent) / perSecond - now)
  }

  /// A record went.
  mutating func count() { sent &+= 1 }
}
