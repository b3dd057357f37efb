// Unsafe memory: the state of a sweep belongs to its `RowSweep`, which lives until the table let go of it.

import CAFMKernels

extension EmbeddingTable {
  /// How many rows changed since the table was restored, or since the last sweep that was saved began.
  public var changedCount: UInt64 { afm_table_changed_count(table) }

  /// Begins a sweep, ending one that runs; its number.
  package func beginSweep(_ state: UnsafeMutablePointer<afm_sweep>, onlyChanged: Bool) -> UInt64 {
    endSweep(sweepNumber)
    settleSweep(sweepNumber, saved: false)
    sweepNumber += 1
    isSweepSettled = false
    afm_sweep_begin(table, state, onlyChanged ? 1 : 0, counters.claimed)
    return sweepNumber
  }

  /// Whether a sweep still copies: it was not ended, and no other has begun.
  package func isSweeping(_ state: UnsafeMutablePointer<afm_sweep>, _ number: UInt64) -> Bool {
    number == sweepNumber && table.pointee.owned.pointee.sweep == state
  }

  /// Copies the next rows of a sweep; how many.
  package func advanceSweep(_ state: UnsafeMutablePointer<afm_sweep>, _ number: UInt64, maximum: Int) -> Int {
    guard isSweeping(state, number) else { return 0 }
    return Int(afm_sweep_advance(table, state, Int64(maximum)))
  }

  /// Ends the copying of a sweep, unless another has begun.
  package func endSweep(_ number: UInt64) {
    if number == sweepNumber { afm_sweep_end(table) }
  }

  /// Decides what becomes of the changes that a sweep took up, unless that was decided.
  package func settleSweep(_ number: UInt64, saved: Bool) {
    guard number == sweepNumber, !isSweepSettled else { return }
    isSweepSettled = true
    afm_sweep_settle(table, saved ? 1 : 0)
  }
}
