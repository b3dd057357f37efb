import Synchronization

/// A number that only grows. Adding is one relaxed atomic addition: no lock, no allocation.
public final class Counter: Sendable {
  private let count = Atomic<UInt64>(0)

  init() {}

  /// Adds to the counter.
  public func add(_ amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

  /// The number so far.
  public var value: UInt64 { count.load(ordering: .relaxed) }

  /// Sets the number, where it continues one that a snapshot holds.
  public func restore(_ value: UInt64) { count.store(value, ordering: .relaxed) }
}
