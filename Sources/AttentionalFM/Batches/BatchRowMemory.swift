// Unsafe memory. Invariant: every array has room for `capacity` rows (`index` for at least twice as many) until deinit.

import CAFMKernels

/// The arrays of the rows of a batch.
final class BatchRowMemory {
  let index: UnsafeMutablePointer<Int32>
  let hasGradient: UnsafeMutablePointer<Bool>
  private let floats: [AlignedFloats]
  private let field: UnsafeMutablePointer<UInt16>
  private let origin: UnsafeMutablePointer<Int32>
  private let hashes: UnsafeMutablePointer<UInt64>
  private let slots: UnsafeMutablePointer<Int64>
  private let width: Int

  init(capacity: Int, width: Int) {
    self.width = width
    let room = capacity.padded
    // x, w, dw, the sums of w, then v, dv and the sums of v.
    floats = (0..<4).map { _ in AlignedFloats(room) } + (0..<3).map { _ in AlignedFloats(room * width) }
    // Padding has a gradient of zero; its sum of 1 keeps the step zero too.
    floats[6].base.update(repeating: 1, count: floats[6].count)
    var entries = 16
    while entries < 2 * capacity { entries *= 2 }
    index = .allocate(capacity: entries)
    index.initialize(repeating: -1, count: entries)
    hasGradient = .allocate(capacity: max(room, 1))
    hasGradient.initialize(repeating: false, count: max(room, 1))
    field = .allocate(capacity: max(room, 1))
    field.initialize(repeating: 0, count: max(room, 1))
    origin = .allocate(capacity: max(room, 1))
    origin.initialize(repeating: 0, count: max(room, 1))
    hashes = .allocate(capacity: max(room, 1))
    hashes.initialize(repeating: 0, count: max(room, 1))
    slots = .allocate(capacity: max(room, 1))
    slots.initialize(repeating: -1, count: max(room, 1))
  }

  deinit {
    index.deallocate()
    hasGradient.deallocate()
    field.deallocate()
    origin.deallocate()
    hashes.deallocate()
    slots.deallocate()
  }

  /// Points the structures that the functions of the table take to the arrays.
  func describe(event: UnsafeMutablePointer<afm_event>, rows: UnsafeMutablePointer<afm_event_rows>) {
    event.pointee.x = floats[0].base
    event.pointee.weight = floats[1].base
    event.pointee.weight_gradient = floats[2].base
    event.pointee.rows = floats[4].base
    event.pointee.row_gradient = floats[5].base
    event.pointee.field = field
    rows.pointee = afm_event_rows(
      hashes: hashes, origin: origin, last_field: .max, slots: slots, weight_accumulators: floats[3].base,
      row_accumulators: floats[6].base, width: Int32(width))
  }
}
