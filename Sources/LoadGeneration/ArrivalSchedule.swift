import Glibc

/// When requests are due in an open loop: at a rate that does not ask how the server is doing.
public struct ArrivalSchedule: Sendable {
  /// How arrivals are spaced.
  public enum Spacing: String, CaseIterable, Sendable {
    /// Evenly.
    case constant
    /// As independent callers do: exponentially distributed gaps, so that some come in a bunch.
    case poisson
  }

  private let meanNanoseconds: Double
  private let spacing: Spacing
  private var count: UInt64 = 0
  private var elapsed = 0.0
  private var generator: SplitMix64

  /// Makes a schedule.
  ///
  /// - Parameters:
  ///   - rate: arrivals a second, more than 0.
  ///   - spacing: how they are spaced.
  ///   - seed: of the gaps that are drawn; the same seed gives the same schedule.
  public init(rate: Double, spacing: Spacing, seed: UInt64) {
    meanNanoseconds = 1e9 / max(rate, 1e-6)
    self.spacing = spacing
    generator = SplitMix64(seed: seed)
  }

  /// The next arrival, nanoseconds after the start; the first is at 0, and none is before the one before it.
  public mutating func next() -> UInt64 {
    defer { count += 1 }
    switch spacing {
    case .constant:
      // From the count, so that roundings do not add up over millions of arrivals.
      return Self.clamped(Double(count) * meanNanoseconds)
    case .poisson:
      if count > 0 { elapsed -= log(uniform()) * meanNanoseconds }
      return Self.clamped(elapsed)
    }
  }

  /// Uniform in (0, 1].
  private mutating func uniform() -> Double {
    (Double(generator.next() >> 11) + 1) * 0x1p-53
  }

  private static func clamped(_ nanoseconds: Double) -> UInt64 {
    nanoseconds < 9e18 ? UInt64(nanoseconds) : UInt64(9e18)
  }
}
