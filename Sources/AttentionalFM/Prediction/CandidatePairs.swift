// Unsafe memory. Invariant: `fields` and `values` hold as many entries as the scratch has room for features, of which
// the first `candidate` are of the candidate whose pairs stand in the scratch.

import CAFMKernels
import Glibc

/// The pairs that candidates form with a context, in the scratch that they are scored in.
///
/// Candidates of one request mostly have the same fields and, where those are categorical, the same x: then the pairs of
/// one are those of the one before, and stay as they are.
package final class CandidatePairs {
  private let scratch: EventScratch
  private let fields: UnsafeMutablePointer<UInt16>
  private let values: UnsafeMutablePointer<Float>
  private var context = 0
  private var candidate = -1
  private var pairs: Int32 = 0
  private var all = 0

  /// Forms pairs in a scratch.
  package init(_ scratch: EventScratch) {
    self.scratch = scratch
    let room = max(1, Int(scratch.event.pointee.feature_capacity))
    fields = .allocate(capacity: room)
    fields.initialize(repeating: 0, count: room)
    values = .allocate(capacity: room)
    values.initialize(repeating: 0, count: room)
  }

  deinit {
    fields.deallocate()
    values.deallocate()
  }

  /// Forms the pairs among the features of a new context, which the scratch holds.
  ///
  /// - Returns: how many there are; more than the scratch has room for means that some were left out.
  package func formOfContext() -> Int {
    context = Int(scratch.event.pointee.feature_count)
    candidate = -1
    return scratch.formPairs(behind: 0)
  }

  /// Forms the pairs that have at least one feature behind the context's.
  ///
  /// - Returns: how many there are, as above.
  package func formOfCandidate() -> Int {
    let event = scratch.event
    let count = Int(event.pointee.feature_count) - context
    let newFields = event.pointee.field + context
    let newValues = event.pointee.x + context
    if count == candidate, memcmp(newFields, fields, count * MemoryLayout<UInt16>.stride) == 0,
      memcmp(newValues, values, count * MemoryLayout<Float>.stride) == 0
    {
      event.pointee.pair_count = pairs
      return all
    }
    all = scratch.formPairs(behind: context)
    pairs = event.pointee.pair_count
    candidate = count
    fields.update(from: newFields, count: count)
    values.update(from: newValues, count: count)
    return all
  }
}
