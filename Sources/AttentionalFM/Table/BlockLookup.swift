// Unsafe memory. Invariant: `lookups` holds `capacity` entries, and `count` is at most that; entries are initialised when
// they are made.

import CAFMKernels
import Features

/// Where the features of a block of events are looked for, found out ahead of use, so that their memory is there in time.
///
/// The events' features stand one after the other. What tells where they are is asked for as the events are added
/// (`TableEvent.c`), the rows of the whole block with `locate`. What was looked up is a guess that its user checks,
/// good for the table it was looked up in: a block ends where another model takes over.
package final class BlockLookup {
  private var lookups: UnsafeMutablePointer<afm_lookup>
  private var capacity = 0
  private var count = 0

  /// Makes an empty block.
  package init() {
    lookups = .allocate(capacity: 1)
  }

  deinit {
    lookups.deallocate()
  }

  /// Forgets the block before.
  package func begin() {
    count = 0
  }

  /// Looks up the block's next features.
  package func add(_ features: UnsafeBufferPointer<Feature>, _ memory: TableMemory) {
    lookUp(features, memory)
    count += features.count
  }

  /// Where the features of one event are looked for that is not of the block, which stays as it is; valid until the
  /// next call.
  package func located(_ features: UnsafeBufferPointer<Feature>, _ memory: TableMemory) -> UnsafePointer<afm_lookup> {
    lookUp(features, memory)
    afm_event_locate(memory.table, lookups + count, Int32(truncatingIfNeeded: features.count), 0)
    return UnsafePointer(lookups + count)
  }

  /// Asks for the rows of all features that were added.
  package func locate(_ memory: TableMemory) {
    afm_event_locate(memory.table, lookups, Int32(truncatingIfNeeded: count), 0)
  }

  /// Where features of the block are looked for, the first of which stands at `start`.
  ///
  /// - Precondition: so many were added.
  package func lookups(at start: Int, count: Int) -> UnsafePointer<afm_lookup> {
    precondition(start >= 0 && count >= 0 && start + count <= self.count, "features of the block")
    return UnsafePointer(lookups + start)
  }

  private func lookUp(_ features: UnsafeBufferPointer<Feature>, _ memory: TableMemory) {
    if count + features.count > capacity { grow(features.count) }
    let added = Int32(truncatingIfNeeded: features.count)
    afm_event_note(features.encoded, added, lookups + count)
    afm_event_look_up(memory.table, lookups + count, added)
  }

  private func grow(_ more: Int) {
    let larger = max(64, 2 * (count + more))
    let moved = UnsafeMutablePointer<afm_lookup>.allocate(capacity: larger)
    moved.initialize(repeating: afm_lookup(hash: 0, buckets: (0, 0), slot: -1), count: larger)
    moved.update(from: lookups, count: count)
    lookups.deallocate()
    lookups = moved
    capacity = larger
  }
}
