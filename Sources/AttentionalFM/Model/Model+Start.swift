// Unsafe memory: the columns of a segment are changed within its rows, while it has one owner.

import CAFMKernels

extension Model {
  /// How many rows are copied at once.
  private static let rowsAtOnce = 4096

  /// Starts a fresh model with the parameters of another, of any kind: a factorization machine may go before attention.
  ///
  /// Rows, and the dense parameters that both have, are copied; the others keep their first values. The event number is
  /// the other's, so that what it learned last is not the first to give way.
  ///
  /// - Parameters:
  ///   - other: the model to start from.
  ///   - keepingAccumulators: whether Adagrad's sums are copied too; else they begin anew.
  /// - Throws: `differs` where `k` is another, or `t` where both models have attention.
  public func start(from other: Model, keepingAccumulators: Bool) throws(ModelProblem) {
    let saved = other.configuration
    guard saved.effectiveEmbeddingSize == configuration.effectiveEmbeddingSize else {
      throw .differs(
        setting: "embedding_size", saved: "\(saved.effectiveEmbeddingSize)",
        here: "\(configuration.effectiveEmbeddingSize)")
    }
    if saved.effectiveAttentionSize > 0, configuration.effectiveAttentionSize > 0,
      saved.effectiveAttentionSize != configuration.effectiveAttentionSize
    {
      throw .differs(
        setting: "attention_size", saved: "\(saved.attentionSize)", here: "\(configuration.attentionSize)")
    }
    let own = denseTensors
    var tensors = other.denseTensors
    let namesOfFieldPairs = ["fieldPairs", "fieldPairWeights"]
    for tensor in own
    where !tensors.contains(where: { $0.name == tensor.name }) && !namesOfFieldPairs.contains(tensor.name) {
      tensors.append(tensor)
    }
    if !keepingAccumulators {
      for index in tensors.indices {
        tensors[index].accumulators = Array(
          repeating: configuration.initialAccumulator, count: tensors[index].values.count)
      }
    }
    try dense.restore(tensors, savedFields: saved.layout.names, fields: configuration.layout.names)
    var next: UInt64 = 0
    var segment = RowSegment(embeddingSize: other.table.embeddingSize, tableSlots: other.table.slotCount)
    while next < other.table.slotCount, other.table.counters.claimed > 0 {
      segment.removeAll()
      other.table.copyRows(from: &next, maximum: Model.rowsAtOnce, into: &segment)
      if !keepingAccumulators {
        let columns = segment.columns.pointee
        columns.accumulator.update(repeating: configuration.initialAccumulator, count: segment.count)
        columns.embedding_accumulator.update(
          repeating: configuration.initialAccumulator, count: segment.count * segment.embeddingSize)
      }
      try table.restore(segment)
    }
    table.settleRestored()
    eventsLearned = other.eventsLearned
  }
}
