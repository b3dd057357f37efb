// Unsafe memory: rows and sums are those of the scratch, within its counts; the dense arrays are the model's.

import CAFMKernels

extension Model {
  /// What forgetting depends on; nil where it is not configured.
  public var forgettingState: ForgettingState? { forgetting?.state }

  /// The greatest event time that a model which forgets has seen, milliseconds since 1970; nil for another one.
  public var streamTime: Int64? { forgetting?.time }

  /// Goes on from a saved clock; without it, rows count as learned when the clock begins to run.
  ///
  /// - Throws: `notFinite` where the numbers contradict each other.
  public func restore(forgetting state: ForgettingState) throws(ModelProblem) {
    try forgetting?.restore(state)
  }

  /// Goes on to an event's time, before the event is predicted or learned; an earlier time changes nothing. Where the
  /// model forgets, the sums of the dense parameters fall back by as much time as has passed:
  /// `G <- G0 + (G - G0) 2^(-dt / H)`.
  ///
  /// - Parameter time: the event's time, milliseconds since 1970.
  public func advanceClock(to time: Int64) {
    guard let steps = forgetting?.advance(to: time), steps > 0 else { return }
    fallBack(dense.accumulators.base, count: Int(dense.layout.c.count), ForgettingClock.share(after: steps))
  }

  /// Lets sums fall back toward their start, so that a share of what is above it is kept.
  func fallBack(_ sums: UnsafeMutablePointer<Float>, count: Int, _ share: Double) {
    let start = Double(configuration.initialAccumulator)
    for index in 0..<count { sums[index] = Float(start + (Double(sums[index]) - start) * share) }
  }
}

extension OnlineLearner {
  /// Lets the rows in the scratch that were learned in an earlier block of events forget, before they are learned now; new
  /// ones have nothing to forget.
  ///
  /// - Returns: whether weights changed, so that the forward pass must be repeated.
  func forgetRows() -> Bool {
    guard let settings = configuration.forgetting, settings.scope == .all else { return false }
    model.forgetting?.begin(block: UInt32(clamping: model.eventsLearned / 1024))
    var moved = false
    for n in 0..<Int(scratch.event.pointee.feature_count) {
      let slot = UInt64(slots[n])
      let entry = afm_table_slot(table, slot).pointee
      guard entry.tag != 0, afm_table_hash(table, slot).pointee == scratch.hashes[n],
        let steps = model.forgetting?.steps(since: entry.last_seen), steps > 0
      else { continue }
      let share = ForgettingClock.share(after: steps)
      model.fallBack(weightAccumulators.base + n, count: 1, share)
      model.fallBack(rowAccumulators.base + n * width, count: Int(scratch.layout.pointee.k), share)
      guard settings.weights else { continue }
      fallBack(row: n, share)
      moved = true
    }
    return moved
  }

  private func fallBack(row n: Int, _ share: Double) {
    let event = scratch.event.pointee
    event.weight[n] = Float(Double(event.weight[n]) * share)
    let row = event.rows + n * width
    for d in 0..<Int(scratch.layout.pointee.k) {
      let start = Double(
        Draws.embedding(
          seed: configuration.seed, hash: scratch.hashes[n], coordinate: d, scale: configuration.embeddingScale))
      row[d] = Float(start + (Double(row[d]) - start) * share)
    }
  }
}
