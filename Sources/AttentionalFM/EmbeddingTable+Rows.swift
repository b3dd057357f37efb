// Unsafe memory: slots below `slotCount` are valid, and a slot's row begins at `slot * 2 * stride`.

import CAFMKernels

extension EmbeddingTable {
  /// Appends the claimed rows from slot `next` on, in slot order, until `maximum` were copied or the table ends;
  /// `next` becomes the first slot not looked at.
  package func copyRows(from next: inout UInt64, maximum: Int, into segment: inout RowSegment) {
    let k = embeddingSize
    let stride = Int(table.pointee.stride)
    var copied = 0
    while next < slotCount, copied < maximum {
      let slot = Int(next)
      next += 1
      let entry = table.pointee.slots[slot]
      if entry.tag == 0 { continue }
      copied += 1
      segment.slot.append(UInt64(slot))
      segment.hash.append(table.pointee.hashes[slot])
      segment.lastSeen.append(entry.last_seen)
      segment.weight.append(entry.weight)
      segment.accumulator.append(entry.accumulator)
      let row = table.pointee.rows + slot * 2 * stride
      segment.embedding.append(contentsOf: UnsafeBufferPointer(start: row, count: k))
      segment.embeddingAccumulator.append(contentsOf: UnsafeBufferPointer(start: row + stride, count: k))
    }
  }

  /// Puts saved rows into the table: into their own slots where the saved table had as many slots as this one, else by
  /// hash, in order, where a row without a free slot takes the place of the one of its eight that was learned longest
  /// ago, or is left out where it is itself the oldest (both are counted).
  ///
  /// - Throws: ``ModelProblem`` where the segment contradicts itself or the table, before anything of it is written
  ///   but for rows of a damaged order (`wrongSlot`): then the table is to be thrown away.
  public func restore(_ segment: RowSegment) throws(ModelProblem) {
    try check(segment)
    let k = embeddingSize
    let isExact = segment.tableSlots == slotCount
    let hashes = segment.hash
    try segment.embedding.withUnsafeBufferPointer { rows throws(ModelProblem) in
      try segment.embeddingAccumulator.withUnsafeBufferPointer { accumulators throws(ModelProblem) in
        // An empty array has no address; with k = 0 nothing is read through these.
        let none = UnsafePointer<Float>(bitPattern: 16)
        for n in 0..<segment.count {
          // Rows lie scattered by their hashes: without this every one waits for memory.
          if n + Self.rowsAhead < hashes.count { afm_table_prefetch(table, hashes[n + Self.rowsAhead]) }
          let hash = hashes[n]
          let slot = isExact ? try exactSlot(segment.slot[n], hash) : placeRestored(hash, lastSeen: segment.lastSeen[n])
          guard let slot else { continue }
          afm_table_publish(
            table, slot, hash, segment.weight[n], segment.accumulator[n], segment.lastSeen[n],
            rows.baseAddress.map { $0 + n * k } ?? none, accumulators.baseAddress.map { $0 + n * k } ?? none)
          counters.claimed += 1
        }
      }
    }
  }

  /// How far ahead of the row at hand restoring asks for memory.
  private static var rowsAhead: Int { 16 }

  private func check(_ segment: RowSegment) throws(ModelProblem) {
    guard segment.embeddingSize == embeddingSize else {
      throw .differs(
        setting: "embeddingSize", saved: "\(segment.embeddingSize)", here: "\(embeddingSize)")
    }
    let rows = segment.count
    let columns = [
      ("hash", segment.hash.count, rows), ("lastSeen", segment.lastSeen.count, rows),
      ("weight", segment.weight.count, rows), ("accumulator", segment.accumulator.count, rows),
      ("embedding", segment.embedding.count, rows * embeddingSize),
      ("embeddingAccumulator", segment.embeddingAccumulator.count, rows * embeddingSize),
    ]
    for (name, saved, expected) in columns where saved != expected {
      throw .wrongColumn(name, saved: saved, expected: expected)
    }
    guard segment.weight.allSatisfy(\.isFinite) else { throw .notFinite("weight") }
    guard segment.embedding.allSatisfy(\.isFinite) else { throw .notFinite("embedding") }
    guard segment.accumulator.allSatisfy({ $0.isFinite && $0 >= 0 }) else { throw .notFinite("accumulator") }
    guard segment.embeddingAccumulator.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
      throw .notFinite("embeddingAccumulator")
    }
  }

  private func exactSlot(_ slot: UInt64, _ hash: UInt64) throws(ModelProblem) -> UInt64? {
    let (first, second) = candidates(of: hash)
    guard slot < slotCount, slot / 4 * 4 == first || slot / 4 * 4 == second,
      table.pointee.slots[Int(slot)].tag == 0, self.slot(of: hash) == nil
    else { throw .wrongSlot(slot: slot, hash: hash) }
    return slot
  }

  private func placeRestored(_ hash: UInt64, lastSeen: UInt32) -> UInt64? {
    guard slot(of: hash) == nil else { return nil }
    let place = afm_table_place(table, hash, nil, 0)
    guard place >= 0 else { return nil }
    let resident = table.pointee.slots[Int(place)]
    if resident.tag != 0 {
      counters.evicted += 1
      if resident.last_seen >= lastSeen { return nil }
      counters.claimed -= 1
    }
    return UInt64(place)
  }
}
