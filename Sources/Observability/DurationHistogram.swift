// Unsafe: the counts are a block of atomics, allocated in `init` and freed in `deinit`, one more than there are bounds;
// every index comes from a loop over them.
import Synchronization

/// How many durations lie up to each of a few round bounds, as a histogram of Prometheus tells it.
///
/// Recording is two relaxed atomic additions: no lock, no allocation. Readers see a state that is at most a few recordings
/// old.
///
/// `@unchecked Sendable`: the pointer never changes, and what it points to is only reached through atomic operations.
public final class DurationHistogram: @unchecked Sendable {
  /// The bounds, in nanoseconds: 1, 2.5 and 5 of each power of ten from 10 us to 1 s.
  static let bounds: [UInt64] = [
    10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
    50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
  ]

  /// Those up to each bound and over the one before, and last those over all bounds.
  private let counts: UnsafeMutablePointer<Atomic<UInt64>>
  private let totalNanoseconds = Atomic<UInt64>(0)

  /// Makes an empty histogram.
  public init() {
    counts = .allocate(capacity: Self.bounds.count + 1)
    for place in 0...Self.bounds.count { (counts + place).initialize(to: Atomic(0)) }
  }

  deinit {
    counts.deinitialize(count: Self.bounds.count + 1)
    counts.deallocate()
  }

  /// Records one duration in nanoseconds.
  public func record(nanoseconds: UInt64) {
    var place = 0
    for bound in Self.bounds where nanoseconds > bound { place += 1 }
    counts[place].wrappingAdd(1, ordering: .relaxed)
    totalNanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
  }

  /// How many durations were recorded.
  public var count: UInt64 { cumulative().total }

  /// The sum of the recorded durations, in seconds.
  public var seconds: Double { Double(totalNanoseconds.load(ordering: .relaxed)) * 1e-9 }

  /// How many durations are no longer than each bound, and how many there are in all, from the same look.
  func cumulative() -> (upTo: [UInt64], total: UInt64) {
    var upTo: [UInt64] = []
    var sum: UInt64 = 0
    for place in Self.bounds.indices {
      sum &+= counts[place].load(ordering: .relaxed)
      upTo.append(sum)
    }
    return (upTo, sum &+ counts[Self.bounds.count].load(ordering: .relaxed))
  }
}
