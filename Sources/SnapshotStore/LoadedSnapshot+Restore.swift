import AttentionalFM

extension LoadedSnapshot {
  /// How many bytes of rows are read at once.
  private static let segmentBytes = 1 << 20

  /// Puts the saved model into a fresh one: rows, dense parameters, event number and the table's counters.
  ///
  /// Rows go into their own slots where both tables have the same number, and are placed by hash, in the order of their
  /// slots, where not.
  ///
  /// - Throws: `incompatible` where the model has another shape, saying which setting differs. After a problem the
  ///   model is half restored and must be thrown away.
  public func restore(into model: Model) throws(SnapshotProblem) {
    do throws(ModelProblem) {
      try model.checkCompatible(with: manifest.model)
    } catch {
      throw SnapshotProblem(.incompatible, "snapshot \(manifest.id) cannot be loaded: \(error)")
    }
    let dense = try denseTensors()
    do {
      try model.restore(dense: dense, savedWith: manifest.model, eventsLearned: manifest.eventsLearned)
    } catch {
      throw file.damaged("\(error)")
    }
    if tableSlots == model.table.slotCount {
      try restoreSlots(of: model.table)
    } else {
      try restoreByHash(into: model.table)
    }
    let moved = model.table.counters.evicted
    model.table.restore(EmbeddingTable.Counters(evicted: counters.evicted &+ moved, dropped: counters.dropped))
  }

  /// The newest file comes first, so that each slot is written once: rows of slots that a newer file holds are passed
  /// over.
  private func restoreSlots(of table: EmbeddingTable) throws(SnapshotProblem) {
    var segment = emptySegment
    for rows in chain.reversed() {
      var start = 0
      while start < rows.count {
        let end = min(start + rowsAtOnce, rows.count)
        segment.removeAll()
        try rows.append(start..<end, to: &segment)
        try put(segment, into: table, rows.file)
        start = end
      }
      table.restoreOlder()
    }
    try check(claimed: table.counters.claimed)
    table.settleRestored()
  }

  private func restoreByHash(into table: EmbeddingTable) throws(SnapshotProblem) {
    var walk = SlotWalk(chain, tableSlots: tableSlots)
    var segment = emptySegment
    var walked: UInt64 = 0
    while let runs = try walk.next() {
      for run in runs {
        var start = run.rows.lowerBound
        while start < run.rows.upperBound {
          let end = min(start + rowsAtOnce - segment.count, run.rows.upperBound)
          try chain[run.file].append(start..<end, to: &segment)
          walked += UInt64(end - start)
          start = end
          guard segment.count == rowsAtOnce else { continue }
          try put(segment, into: table, file)
          segment.removeAll()
        }
      }
    }
    try put(segment, into: table, file)
    try check(claimed: walked)
    table.settleRestored()
  }

  private var emptySegment: RowSegment {
    RowSegment(embeddingSize: manifest.model.effectiveEmbeddingSize, tableSlots: tableSlots)
  }

  private var rowsAtOnce: Int {
    max(1, LoadedSnapshot.segmentBytes / RowSegment.rowBytes(embeddingSize: manifest.model.effectiveEmbeddingSize))
  }

  private func put(_ segment: RowSegment, into table: EmbeddingTable, _ file: SafetensorsFile)
    throws(SnapshotProblem)
  {
    do throws(ModelProblem) {
      try table.restore(segment)
    } catch {
      throw file.damaged("\(error)")
    }
  }
}
