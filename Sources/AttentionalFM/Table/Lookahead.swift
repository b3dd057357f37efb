// Unsafe memory. Invariant: `lookups` holds `depth` times `room` entries, and of no event are more than `room` features
// looked at. The addresses in `events` are compared, never read.

import CAFMKernels
import Features

/// Where the features of the learner's next events are looked for, found out ahead of use, so that their memory is
/// there in time.
///
/// `catchUp` asks for the tags of the newest event's features (`TableEvent.c`) and for the rows of the one before it.
/// What was looked up is only a guess, which its user checks: the table may change meanwhile, and so may the event.
final class Lookahead {
  private enum Stage: Int {
    case noted, lookedUp, located
  }

  private struct Event {
    var address: UnsafePointer<afm_feature>?
    var count: Int32 = 0
    var stage = Stage.located
  }

  /// The events remembered: two announced ones beside the one at hand, and one to spare; a power of two.
  private static let depth = 4

  private let table: UnsafeMutablePointer<afm_table>
  private let room: Int
  private let lookups: UnsafeMutablePointer<afm_lookup>
  private let events: UnsafeMutablePointer<Event>
  private var newest = 0

  /// Looks features up in a table, at most `room` of an event.
  init(_ table: UnsafeMutablePointer<afm_table>, room: Int) {
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

  /// Remembers an event without asking for anything yet.
  func note(_ features: UnsafeBufferPointer<Feature>) {
    newest = (newest &+ 1) & (Self.depth - 1)
    let count = Int32(truncatingIfNeeded: min(features.count, room))
    events[newest] = Event(address: features.encoded, count: count, stage: .noted)
    afm_event_note(features.encoded, count, lookups + newest * room)
  }

  /// Asks for what the newest event and the one before it need next.
  func catchUp() {
    reach(.located, (newest &- 1) & (Self.depth - 1))
    reach(.lookedUp, newest)
  }

  /// Where the event's features are looked for, as they were noted, or else looked up now; valid until the next call.
  ///
  /// What was noted is used once: other features may stand at the same address next time.
  func lookups(of features: UnsafeBufferPointer<Feature>) -> UnsafePointer<afm_lookup> {
    let address = features.encoded
    let count = Int32(truncatingIfNeeded: min(features.count, room))
    for age in 0..<Self.depth {
      let index = (newest &- age) & (Self.depth - 1)
      if events[index].address == address, events[index].count == count {
        reach(.located, index)
        events[index].address = nil
        return UnsafePointer(lookups + index * room)
      }
    }
    note(features)
    reach(.located, newest)
    events[newest].address = nil
    return UnsafePointer(lookups + newest * room)
  }

  private func reach(_ stage: Stage, _ index: Int) {
    let reached = events[index].stage
    if reached.rawValue >= stage.rawValue { return }
    events[index].stage = stage
    let first = lookups + index * room
    if reached == .noted { afm_event_look_up(table, first, events[index].count) }
    if stage == .located { afm_event_locate(table, first, events[index].count, 1) }
  }
}
