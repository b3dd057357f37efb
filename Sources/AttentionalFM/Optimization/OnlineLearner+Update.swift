// Unsafe memory: rows are those of the scratch, the dense arrays those of the model.

import CAFMKernels

extension OnlineLearner {
  /// Differentiates the last forward pass and, where everything stays finite, moves the model.
  ///
  /// Two steps: all gradients are computed and checked before the first parameter moves or the first new feature is
  /// written, so a refused event leaves no trace.
  func update(label: Float, importance: Float, offset: Float, tail: Double) -> LearningOutcome {
    let event = scratch.event
    let raw = event.pointee.raw + offset
    let lossGradient = configuration.loss.gradient(raw: raw, label: label, importance: importance, tail: tail)
    afm_backward(kernels.table, values, projection, scratch.layout, event, lossGradient, gradient)
    let pairs = Int(event.pointee.pair_count)
    dense.collect(touched: event.pointee.field_pair, count: pairs, pairs: pairs)
    let features = Int(event.pointee.feature_count)
    for n in features..<features.padded { weightAccumulators.base[n] = 1 }
    let scale =
      takesImplicitSteps && lossGradient != 0
      ? configuration.loss.implicitScale(
        gradient: lossGradient, raw: raw, label: label, importance: importance, tail: tail,
        stepSum: dense.stepSum(pairs: pairs) + rowStepSum()) : 1
    let denseIsFinite = dense.check(scale: scale, pairs: pairs)
    let rowsAreFinite = checkRows(scale: scale)
    // Both were evaluated: what comes after needs to know that the dense gradients were looked at.
    guard raw.isFinite, denseIsFinite, rowsAreFinite else {
      dense.forget()
      return .notFinite
    }
    dense.move(pairs: pairs)
    moveRows()
    return .applied
  }

  /// The sum of `rate g^2 / sqrt(G + g^2)` over the weights and embeddings of the event.
  private func rowStepSum() -> Double {
    let event = scratch.event
    let features = Int(event.pointee.feature_count)
    let weights = afm_step_sum(
      kernels.table, event.pointee.weight_gradient, weightAccumulators.base, Int64(features.padded))
    let rows =
      width > 0 && event.pointee.pair_count > 0
      ? afm_step_sum(kernels.table, event.pointee.row_gradient, rowAccumulators.base, Int64(features * width)) : 0
    return Double(configuration.rates.linear) * Double(weights) + Double(configuration.rates.embedding) * Double(rows)
  }

  private func checkRows(scale: Float) -> Bool {
    let event = scratch.event
    let features = Int(event.pointee.feature_count)
    let weights = afm_regularize(
      kernels.table, event.pointee.weight_gradient, event.pointee.weight, weightAccumulators.base, scale,
      2 * configuration.regularization.linear, Int64(features.padded))
    if width == 0 { return weights != 0 }
    let rows = afm_regularize(
      kernels.table, event.pointee.row_gradient, event.pointee.rows, rowAccumulators.base, scale,
      2 * configuration.regularization.embedding, Int64(features * width))
    return weights != 0 && rows != 0
  }

  private func moveRows() {
    let event = scratch.event
    let features = Int(event.pointee.feature_count)
    afm_adagrad(
      kernels.table, event.pointee.weight, weightAccumulators.base, event.pointee.weight_gradient,
      configuration.rates.linear, configuration.epsilon, Int64(features.padded))
    if width > 0 {
      afm_adagrad(
        kernels.table, event.pointee.rows, rowAccumulators.base, event.pointee.row_gradient,
        configuration.rates.embedding, configuration.epsilon, Int64(features * width))
    }
    var claimed: UInt64 = 0
    var evicted: UInt64 = 0
    afm_event_publish(
      table, event, scratch.rows, UInt32(clamping: model.eventsLearned / 1024), &claimed, &evicted)
    if claimed + evicted > 0 {
      model.table.counters.claimed += claimed
      model.table.counters.evicted += evicted
    }
  }
}
