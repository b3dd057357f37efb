// Unsafe memory: ranges of the dense arrays are those of the layout, rows those of the scratch.

import CAFMKernels

extension OnlineLearner {
  /// Differentiates the last forward pass and, where everything stays finite, moves the model.
  ///
  /// Two steps: all gradients are computed and checked before the first parameter moves or the first new feature is
  /// written, so a refused event leaves no trace.
  func update(label: Float, importance: Float) -> LearningOutcome {
    let raw = scratch.event.pointee.raw
    let lossGradient = configuration.loss.gradient(raw: raw, label: label, importance: importance)
    afm_backward(
      kernels.table, model.dense.values.base, model.dense.projection.base, scratch.layout, scratch.event, lossGradient,
      model.dense.gradient.base)
    // Both are evaluated, so that the touched field pairs' gradients are zero again whatever comes.
    let denseIsFinite = prepareDense()
    let rowsAreFinite = prepareRows()
    guard raw.isFinite, denseIsFinite, rowsAreFinite else { return .notFinite }
    moveDense()
    moveRows()
    model.eventsLearned += 1
    return .applied
  }

  /// The dense parameters that gradients reach: everything up to the field pairs, but for a fixed `p`.
  private func prepareDense() -> Bool {
    let dense = model.dense
    let c = scratch.layout.pointee
    func prepare(_ start: Int32, _ count: Int, lambda: Float) -> Bool {
      afm_regularize(
        kernels.table, dense.gradient.base + Int(start), dense.values.base + Int(start),
        dense.accumulators.base + Int(start), 2 * lambda, Int64(count)) != 0
    }
    var isFinite = prepare(c.bias, 16, lambda: 0)
    if c.output >= 0, configuration.outputWeights == .trainable {
      isFinite = prepare(c.output, Int(c.k_padded), lambda: 0) && isFinite
    }
    if c.t > 0 {
      isFinite = prepare(c.attention_bias, 2 * Int(c.t_padded), lambda: 0) && isFinite
      isFinite =
        prepare(
          c.projection_transposed, Int(c.k) * Int(c.t_padded), lambda: configuration.regularization.projection)
        && isFinite
    }
    if c.field_pairs >= 0 {
      let start = Int(c.field_pairs)
      prior.gather(
        touched: scratch.event.pointee.field_pair, pairs: Int(scratch.event.pointee.pair_count),
        gradient: dense.gradient.base + start, values: dense.values.base + start,
        accumulators: dense.accumulators.base + start)
      let touched = afm_regularize(
        kernels.table, prior.gradient.base, prior.values.base, prior.accumulators.base, 0, Int64(prior.count.padded))
      isFinite = touched != 0 && isFinite
    }
    return isFinite
  }

  private func prepareRows() -> Bool {
    let regularization = configuration.regularization
    let event = scratch.event.pointee
    let features = Int(event.feature_count)
    for n in features..<features.padded { weightAccumulators.base[n] = 1 }
    let weights = afm_regularize(
      kernels.table, event.weight_gradient, event.weight, weightAccumulators.base, 2 * regularization.linear,
      Int64(features.padded))
    let rows = afm_regularize(
      kernels.table, event.row_gradient, event.rows, rowAccumulators.base, 2 * regularization.embedding,
      Int64(features) * Int64(scratch.layout.pointee.k_padded))
    return weights != 0 && rows != 0
  }

  private func moveDense() {
    let rates = configuration.rates
    let dense = model.dense
    let c = scratch.layout.pointee
    func move(_ start: Int32, _ count: Int, rate: Float) {
      afm_adagrad(
        kernels.table, dense.values.base + Int(start), dense.accumulators.base + Int(start),
        dense.gradient.base + Int(start), rate, configuration.epsilon, Int64(count))
    }
    move(c.bias, 16, rate: rates.bias)
    // Without a pair every gradient here is zero, and so is every step, unless W is penalised.
    if scratch.event.pointee.pair_count == 0, configuration.regularization.projection == 0 { return }
    if c.output >= 0, configuration.outputWeights == .trainable {
      move(c.output, Int(c.k_padded), rate: rates.output)
    }
    if c.t > 0 {
      move(c.attention_bias, 2 * Int(c.t_padded) + Int(c.k) * Int(c.t_padded), rate: rates.attention)
      dense.transpose()
    }
    if c.field_pairs >= 0 {
      afm_adagrad(
        kernels.table, prior.values.base, prior.accumulators.base, prior.gradient.base, rates.fieldPairs,
        configuration.epsilon, Int64(prior.count.padded))
      prior.scatter(
        values: dense.values.base + Int(c.field_pairs), accumulators: dense.accumulators.base + Int(c.field_pairs))
    }
  }

  private func moveRows() {
    let event = scratch.event.pointee
    let features = Int(event.feature_count)
    let width = Int(scratch.layout.pointee.k_padded)
    afm_adagrad(
      kernels.table, event.weight, weightAccumulators.base, event.weight_gradient, configuration.rates.linear,
      configuration.epsilon, Int64(features.padded))
    afm_adagrad(
      kernels.table, event.rows, rowAccumulators.base, event.row_gradient, configuration.rates.embedding,
      configuration.epsilon, Int64(features * width))
    let lastSeen = UInt32(clamping: model.eventsLearned / 1024)
    var claimed: UInt64 = 0
    var evicted: UInt64 = 0
    afm_event_publish(model.table.table, scratch.event, scratch.rows, lastSeen, &claimed, &evicted)
    if claimed + evicted > 0 {
      model.table.counters.claimed += claimed
      model.table.counters.evicted += evicted
    }
  }
}
