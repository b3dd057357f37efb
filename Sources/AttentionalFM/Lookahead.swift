// Unsafe memory. Invariant: `lookups` holds `depth` times `room` entries, and of no event are more than `room` features
// looked at. The addresses in `events` are compared, never read.

import CAFMKernels
import Features

/// Where the features of a few events are looked for, found out ahead of use, so that their memory is there in time.
///
/// An event's buckets are asked for when it is announced, its rows when the next one is announced or it is used. What
/// was looked up is only a guess, which its user checks: the table may change meanwhile, and so may the event.
package final class Lookahead {
  private struct Event {
    var address: UnsafePointer<afm_feature>?
    var count: Int32 = 0
    var isLocated = true
  }

  /// The events remembered: two announced ones beside the one at hand, and one to spare; a power of two.
  private static let depth = 4

  private let table: UnsafeMutablePointer<afm_table>
  private let room: Int
  private let lookups: UnsafeMutablePointer<afm_lookup>
  private let events: UnsafeMutablePointer<Event>
  private var newest = 0

  /// Looks features up in a table, at most `room` of an event.
  package init(_ table: UnsafeMutablePointer<afm_table>, room: Int) {
    self.table = table
    self.room = room
    lookups = .allocate(capacity: Self.depth * room)
    lookups.initialize(repeating: afm_lookup(hash: 0, buckets: (0, 0), slot: -1), count: Self.depth * room)
    events = .allocate(capacity: Self.depth)
    events.initialize(repeating: Event(), count: Self.depth)
  }

  deinit {
    lookups.deallocate()
    events.deallocate()
  }

  /// Asks for the buckets of an event, and for the rows of the one announced before it.
  package func announce(_ features: UnsafeBufferPointer<Feature>) {
    locate(newest)
    lookUp(features.encoded, Int32(truncatingIfNeeded: min(features.count, room)))
  }

  /// Where the event's features are looked for, as announced, or else looked up now; valid until the next call.
  package func lookups(of features: UnsafeBufferPointer<Feature>) -> UnsafePointer<afm_lookup> {
    let address = features.encoded
    let count = Int32(truncatingIfNeeded: min(features.count, room))
    for age in 0..<Self.depth {
      let index = (newest &- age) & (Self.depth - 1)
      if events[index].address == address, events[index].count == count {
        locate(index)
        return UnsafePointer(lookups + index * room)
      }
    }
    lookUp(address, count)
    locate(newest)
    return UnsafePointer(lookups + newest * room)
  }

  private func lookUp(_ features: UnsafePointer<afm_feature>?, _ count: Int32) {
    newest = (newest &+ 1) & (Self.depth - 1)
    afm_event_look_up(table, features, count, lookups + newest * room)
    events[newest] = Event(address: features, count: count, isLocated: false)
  }

  private func locate(_ index: Int) {
    if events[index].isLocated { return }
    events[index].isLocated = true
    afm_event_locate(table, lookups + index * room, events[index].count)
  }
}
