import AllocationCount
import BenchmarkSupport

/// A part of the way of an event: its processor time and its allocations.
struct Stage {
  let name: String
  private(set) var events = 0
  private var nanoseconds: UInt64 = 0
  private(set) var allocations: UInt64 = 0

  init(_ name: String) {
    self.name = name
  }

  /// Measures the work on so many events.
  @inline(__always)
  mutating func measure<Failure: Error>(_ events: Int, _ work: () throws(Failure) -> Void) throws(Failure) {
    let allocationsBefore = allocation_count()
    let start = Clock.threadCPU
    try work()
    nanoseconds += Clock.threadCPU - start
    allocations += allocation_count() - allocationsBefore
    self.events += events
  }

  var nanosecondsPerEvent: Double { Double(nanoseconds) / Double(max(1, events)) }
}
