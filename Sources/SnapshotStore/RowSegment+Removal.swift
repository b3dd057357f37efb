// Unsafe memory: elements move within their own array, towards its beginning, below its count.

import AttentionalFM

extension RowSegment {
  /// Takes the rows of some slots out; the others keep their order.
  mutating func remove(_ slots: SlotSet) {
    let count = count
    var runs: [Range<Int>] = []
    var start = 0
    for row in 0..<count where slots.contains(slot[row]) {
      if start < row { runs.append(start..<row) }
      start = row + 1
    }
    if start == 0 { return }
    if start < count { runs.append(start..<count) }
    slot.keep(runs, width: 1)
    hash.keep(runs, width: 1)
    lastSeen.keep(runs, width: 1)
    weight.keep(runs, width: 1)
    accumulator.keep(runs, width: 1)
    embedding.keep(runs, width: embeddingSize)
    embeddingAccumulator.keep(runs, width: embeddingSize)
  }
}

extension Array {
  /// Keeps rising ranges of rows that do not overlap.
  fileprivate mutating func keep(_ rows: [Range<Int>], width: Int) {
    var kept = 0
    withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for run in rows {
        precondition(run.lowerBound * width >= kept && run.upperBound * width <= buffer.count)
        (base + kept).update(from: base + run.lowerBound * width, count: run.count * width)
        kept += run.count * width
      }
    }
    removeLast(count - kept)
  }
}
