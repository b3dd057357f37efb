// Unsafe memory: a segment's columns are read or filled during one call, within their room.

import CAFMKernels

extension EmbeddingTable {
  /// Adds the claimed rows from slot `next` on to a segment, in slot order, until `maximum` were copied or the table
  /// ends; `next` becomes the first slot not looked at.
  package func copyRows(from next: inout UInt64, maximum: Int, into segment: inout RowSegment) {
    let rows = min(maximum, Int(clamping: counters.claimed))
    segment.reserve(segment.count + rows)
    next = afm_rows_copy(table, next, Int64(rows), segment.memory.columns)
  }

  /// Puts saved rows into the table: into their own slots where the saved table had as many slots as this one, else by
  /// hash, in the order they have, where a row without a free slot takes the place of the one of its eight that was
  /// learned longest ago, or is left out where it is itself the oldest (both are counted).
  ///
  /// Nobody else may read the table meanwhile. ``settleRestored()`` comes after the last rows.
  ///
  /// - Throws: ``ModelProblem`` where the segment contradicts itself or the table, before anything of it is written
  ///   but for rows of a damaged order (`wrongSlot`): then the table is to be thrown away.
  public func restore(_ segment: RowSegment) throws(ModelProblem) {
    guard segment.embeddingSize == embeddingSize else {
      throw .differs(setting: "embedding_size", saved: "\(segment.embeddingSize)", here: "\(embeddingSize)")
    }
    if let column = segment.notFinite { throw .notFinite(column.rawValue) }
    let columns = segment.memory.columns
    if segment.tableSlots == slotCount {
      let wrong = afm_rows_restore(table, columns, &counters.claimed)
      if wrong >= 0 { throw .wrongSlot(slot: columns.pointee.slot[Int(wrong)], hash: columns.pointee.hash[Int(wrong)]) }
    } else {
      for n in 0..<segment.count { placeRestored(columns.pointee, n) }
    }
  }

  /// Says that the rows restored from now on are older than those so far: a slot that is filled already hides them.
  public func restoreOlder() {
    afm_rows_restore_older(table)
  }

  /// Ends restoring: the table is as it was saved, so that nothing of it counts as changed.
  public func settleRestored() {
    afm_table_forget_changes(table)
  }

  private func placeRestored(_ columns: afm_row_columns, _ n: Int) {
    let hash = columns.hash[n]
    guard slot(of: hash) == nil else { return }
    let place = afm_table_place(table, hash, nil, 0)
    guard place >= 0 else { return }
    let resident = afm_table_slot(table, UInt64(place)).pointee
    if resident.tag != 0 {
      counters.evicted += 1
      if resident.last_seen >= columns.last_seen[n] { return }
    } else {
      counters.claimed += 1
    }
    afm_table_publish(
      table, UInt64(place), hash, columns.weight[n], columns.accumulator[n], columns.last_seen[n],
      columns.embedding + n * embeddingSize, columns.embedding_accumulator + n * embeddingSize)
  }
}
