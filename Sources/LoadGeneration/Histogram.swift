// Unsafe: the buckets are a block of atomics, allocated in `init` and freed in `deinit`, `bucketCount` long; every
// index comes from `bucket(of:)`, which is below that for every value, or from a loop over `0..<bucketCount`.
import Synchronization

/// A log-linear histogram of durations in nanoseconds, for quantiles: 32 buckets to an octave, so a bucket is at most 3.2 % wide.
///
/// Recording is two relaxed atomic additions: no lock, no allocation. Durations from 2^40 ns (18 minutes) on share the
/// last bucket. Readers see a state that is at most a few recordings old.
///
/// `@unchecked Sendable`: the pointer never changes, and what it points to is only reached through atomic operations.
public final class Histogram: @unchecked Sendable {
  static let subBuckets = 32
  private static let highestExponent = 40
  static let bucketCount = (highestExponent - 4) * subBuckets + 1

  private let buckets: UnsafeMutablePointer<Atomic<UInt64>>
  private let totalNanoseconds = Atomic<UInt64>(0)

  /// Makes an empty histogram.
  public init() {
    buckets = .allocate(capacity: Self.bucketCount)
    for index in 0..<Self.bucketCount { (buckets + index).initialize(to: Atomic(0)) }
  }

  deinit {
    buckets.deinitialize(count: Self.bucketCount)
    buckets.deallocate()
  }

  /// Records one duration in nanoseconds.
  public func record(nanoseconds: UInt64) {
    buckets[Self.bucket(of: nanoseconds)].wrappingAdd(1, ordering: .relaxed)
    totalNanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
  }

  /// How many durations were recorded.
  public var count: UInt64 {
    var count: UInt64 = 0
    for index in 0..<Self.bucketCount { count &+= buckets[index].load(ordering: .relaxed) }
    return count
  }

  /// The sum of the recorded durations, in seconds.
  public var seconds: Double { Double(totalNanoseconds.load(ordering: .relaxed)) * 1e-9 }

  /// The duration in seconds below which a fraction `fraction` (0 to 1) of the recorded ones lies, to 3.2 %: the
  /// middle of its bucket. Nil where nothing was recorded.
  public func quantile(_ fraction: Double) -> Double? {
    let counts = (0..<Self.bucketCount).map { buckets[$0].load(ordering: .relaxed) }
    let total = counts.reduce(0, &+)
    guard total > 0, fraction.isFinite else { return nil }
    let rank = min(max(fraction, 0), 1) * Double(total)
    var below = 0.0
    for (index, count) in counts.enumerated() where count > 0 {
      below += Double(count)
      if below >= rank {
        let low = Self.lowest(of: index)
        let high = index + 1 < Self.bucketCount ? Self.lowest(of: index + 1) : low
        return (Double(low) + Double(high)) / 2 * 1e-9
      }
    }
    return nil
  }

  static func bucket(of value: UInt64) -> Int {
    guard value >= UInt64(subBuckets) else { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount
    guard exponent < highestExponent else { return bucketCount - 1 }
    return (exponent - 4) * subBuckets + Int((value >> UInt64(exponent - 5)) & UInt64(subBuckets - 1))
  }

  static func lowest(of bucket: Int) -> UInt64 {
    guard bucket >= subBuckets else { return UInt64(bucket) }
    let exponent = bucket / subBuckets + 4
    return UInt64(subBuckets + bucket % subBuckets) << UInt64(exponent - 5)
  }
}
