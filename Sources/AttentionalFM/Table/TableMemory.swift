// Unsafe memory. Invariant: `table` and what it points to live until deinit, and its fields never change after init.

import CAFMKernels
import Features

/// The memory of an embedding table, shared by its one owner and by any number of scorers.
///
/// `@unchecked Sendable`: the fields of the table are fixed for life, so that any thread may read them. The owner
/// writes what scorers read with atomic stores under a version for each bucket (`write_row` in `TableAccess.h`).
/// Another thread reaches this memory only through `gather`, `gatherMore` and `BlockLookup`, whose functions
/// (`afm_table_gather` in `Table.c`; `afm_event_look_up`, `afm_event_locate` and `afm_event_gather` in `TableEvent.c`)
/// load atomically what the owner writes. All others are reached through `EmbeddingTable` and `OnlineLearner`, which
/// are not Sendable.
package final class TableMemory: @unchecked Sendable {
  package let table: UnsafeMutablePointer<afm_table>

  package init(slots: UInt64, embeddingSize: Int) throws(ModelProblem) {
    table = .allocate(capacity: 1)
    table.initialize(to: afm_table())
    if afm_table_create(table, slots, Int32(embeddingSize)) != 0 {
      table.deallocate()
      throw .noMemory(bytes: afm_table_bytes(slots, Int32(embeddingSize)))
    }
  }

  deinit {
    afm_table_destroy(table)
    table.deallocate()
  }

  /// Copies the weight and the `k` numbers of a feature's row, all of one moment; false where it is unknown.
  package func gather(_ hash: UInt64, weight: UnsafeMutablePointer<Float>, row: UnsafeMutablePointer<Float>) -> Bool {
    afm_table_gather(table, hash, weight, row) != 0
  }

  /// Gathers the features of an event that are known, in order, each of one moment, into an empty scratch. Those beyond
  /// the scratch's room are unknown, as they are to the learner, even where unknown ones leave room.
  package func gather(
    _ features: UnsafeBufferPointer<Feature>, lookups: UnsafePointer<afm_lookup>, into scratch: EventScratch
  ) {
    scratch.begin()
    gatherMore(features, room: Int(scratch.event.pointee.feature_capacity), lookups: lookups, into: scratch)
  }

  /// Gathers those of at most `room` features that are known behind what the scratch holds, which leaves room for them.
  package func gatherMore(
    _ features: UnsafeBufferPointer<Feature>, room: Int, lookups: UnsafePointer<afm_lookup>, into scratch: EventScratch
  ) {
    let used = Int32(truncatingIfNeeded: max(0, min(features.count, room)))
    afm_event_gather(table, features.encoded, lookups, used, scratch.rows, scratch.event)
  }
}
