// Unsafe memory: rows of claimed slots are read through the table's pointers; the scratch arrays hold
// `maximumFeatures` (or `maximumPairs`) entries, and no more features of an event are looked at.

import CAFMKernels
import Features

/// Learns a model one event at a time, in order; allocates nothing for an event.
///
/// Used by the model's owner alone.
public final class OnlineLearner {
  /// The model that moves.
  public let model: Model

  /// The arithmetic in use.
  public let kernels: Kernels

  let configuration: ModelConfiguration
  let scratch: EventScratch
  /// The slot of each feature of the event in the scratch.
  let slots: UnsafeMutablePointer<Int64>
  /// The slot of each feature as it was given, -1 for none.
  let given: UnsafeMutablePointer<Int64>
  let rowAccumulators: AlignedFloats
  let weightAccumulators: AlignedFloats
  let kept: AlignedFloats
  let dense: DenseOptimizer
  // What the way of an event would otherwise reach through several objects.
  let table: UnsafeMutablePointer<afm_table>
  let values: UnsafeMutablePointer<Float>
  let gradient: UnsafeMutablePointer<Float>
  let projection: UnsafeMutablePointer<Float>
  let width: Int
  let takesImplicitSteps: Bool
  private let lookahead: Lookahead

  /// Makes a learner for a model.
  public init(_ model: Model, kernels: Kernels = .preferred) {
    self.model = model
    self.kernels = kernels
    configuration = model.configuration
    scratch = EventScratch(configuration)
    let features = configuration.maximumFeatures
    lookahead = Lookahead(model.table.table, room: features)
    slots = .allocate(capacity: features)
    given = .allocate(capacity: features)
    slots.initialize(repeating: -1, count: features)
    given.initialize(repeating: -1, count: features)
    rowAccumulators = AlignedFloats(features * Int(scratch.layout.pointee.k_padded))
    // Padding has a gradient of zero; its sum of 1 keeps the step zero too.
    rowAccumulators.base.update(repeating: 1, count: rowAccumulators.count)
    weightAccumulators = AlignedFloats(features.padded)
    scratch.rows.pointee.slots = slots
    scratch.rows.pointee.weight_accumulators = weightAccumulators.base
    scratch.rows.pointee.row_accumulators = rowAccumulators.base
    kept = AlignedFloats(Int(scratch.layout.pointee.k_padded))
    dense = DenseOptimizer(model.dense, configuration: configuration, kernels: kernels, layout: scratch.layout)
    table = model.table.table
    values = model.dense.values.base
    gradient = model.dense.gradient.base
    projection = model.dense.projection.base
    width = Int(scratch.layout.pointee.k_padded)
    takesImplicitSteps = configuration.step == .implicit
  }

  deinit {
    slots.deallocate()
    given.deallocate()
  }

  /// Asks for the memory that an event will need, while events before it are computed; changes nothing.
  ///
  /// Worth its while for the event after the next: the next step asks for what tells where the event's features are,
  /// and for the rows of the one that was announced before it. An event that never comes does no harm, nor is its
  /// memory looked at later.
  ///
  /// - Parameter features: the features at the address at which ``step(_:label:importance:offset:part:)`` or
  ///   ``predict(_:)`` will be given them; one that is found elsewhere is looked up anew.
  public func prefetch(_ features: UnsafeBufferPointer<Feature>) {
    lookahead.note(features)
  }

  /// What the model says of an event, from the features it knows; changes nothing.
  ///
  /// - Parameter features: each feature once, as the encoder gives them; those beyond `maximumFeatures` are unknown.
  public func predict(_ features: UnsafeBufferPointer<Feature>) -> Prediction {
    let unknown = loadKnown(features)
    scratch.event.pointee.kept = nil
    scratch.forward(kernels, parameters: values)
    return scratch.prediction(unknown: unknown)
  }

  /// What the model says of an event, taken apart; changes nothing.
  public func explain(_ features: UnsafeBufferPointer<Feature>) -> Explanation {
    _ = predict(features)
    let used = min(features.count, configuration.maximumFeatures)
    let unknown = features.indices.filter { $0 >= used || given[$0] < 0 }
    return scratch.explanation(bias: model.dense.values.base[Int(scratch.layout.pointee.bias)], unknown: unknown)
  }

  /// Learns one event; see ``step(_:label:importance:offset:part:)``.
  @discardableResult
  public func learn(
    _ features: UnsafeBufferPointer<Feature>, label: Float, importance: Float = 1, offset: Float = 0
  ) -> LearningOutcome {
    step(features, label: label, importance: importance, offset: offset).outcome
  }

  /// Predicts one event from the features the model knows, then inserts the others, repeats the pass with them and
  /// with dropout where there are any or it is on, and moves every parameter against its gradient.
  ///
  /// An event of importance 0 is counted, and otherwise leaves everything as it was: no penalty acts on what it touches,
  /// and none of its features becomes known.
  ///
  /// - Parameters:
  ///   - features: each feature once, as the encoder gives them.
  ///   - label: the label.
  ///   - importance: the importance weight, finite and at least 0.
  ///   - offset: what is added to the raw score before it is held against the label, and to nothing else: what is known
  ///     to set the stream of events apart from what is to be predicted. `tail` is that of the sum.
  ///   - part: 0 for an event that is counted; a number from 1 on for what is learned beside the event before it, so
  ///     that it draws a dropout of its own.
  public func step(
    _ features: UnsafeBufferPointer<Feature>, label: Float, importance: Float = 1, offset: Float = 0, part: UInt64 = 0
  ) -> LearningStep {
    let prediction = predict(features)
    let tail = configuration.loss.tail(raw: prediction.raw + offset)
    // The update waits for that exponential of what the whole pass led to; this waits for nothing.
    lookahead.catchUp()
    if importance == 0 { return countWithoutWeight(prediction, tail: tail, part: part) }
    let hasNew = prediction.unknown > 0 && planInsertions(features)
    let drops = configuration.dropout > 0 && scratch.event.pointee.pair_count > 0
    if hasNew { loadPlanned(features) }
    let fades = configuration.forgetting != nil && forgetRows()
    let repeated = hasNew || drops || fades
    if repeated {
      scratch.event.pointee.kept = drawDropout(part: part)
      scratch.forward(kernels, parameters: values)
    }
    let outcome = update(
      label: label, importance: importance, offset: offset,
      tail: repeated ? configuration.loss.tail(raw: scratch.event.pointee.raw + offset) : tail)
    if outcome == .applied {
      if part == 0 { model.eventsLearned += 1 }
      if prediction.unknown > 0 {
        let used = min(features.count, configuration.maximumFeatures)
        model.table.counters.dropped += UInt64(used) - UInt64(scratch.event.pointee.feature_count)
      }
    }
    return LearningStep(prediction: prediction, outcome: outcome, tail: tail)
  }
}

extension OnlineLearner {
  private func countWithoutWeight(_ prediction: Prediction, tail: Double, part: UInt64) -> LearningStep {
    guard prediction.raw.isFinite else {
      return LearningStep(prediction: prediction, outcome: .notFinite, tail: tail)
    }
    if part == 0 { model.eventsLearned += 1 }
    return LearningStep(prediction: prediction, outcome: .applied, tail: tail)
  }

  /// Puts the known features into the scratch; gives the number of the others.
  private func loadKnown(_ features: UnsafeBufferPointer<Feature>) -> Int {
    let used = min(features.count, configuration.maximumFeatures)
    afm_event_load_known(
      table, features.encoded, lookahead.lookups(of: features), Int32(truncatingIfNeeded: used), given,
      scratch.rows, scratch.event)
    return features.count - Int(scratch.event.pointee.feature_count)
  }

  /// Chooses a slot for every unknown feature without writing anything; whether any found one.
  private func planInsertions(_ features: UnsafeBufferPointer<Feature>) -> Bool {
    let used = min(features.count, configuration.maximumFeatures)
    var found = false
    for position in 0..<used where given[position] < 0 {
      if isRepeated(features, position) { continue }
      // `given` holds the slots of all known features and of those placed before; -1 matches no slot.
      let slot = afm_table_place(table, features[position].hash, given, Int32(used))
      given[position] = slot
      if slot >= 0 { found = true }
    }
    return found
  }

  /// Whether a new feature was already given before in the same event: it must not get a second row.
  private func isRepeated(_ features: UnsafeBufferPointer<Feature>, _ position: Int) -> Bool {
    for earlier in 0..<position where features[earlier].hash == features[position].hash { return true }
    return false
  }

  /// Puts all features that have a slot into the scratch, in the order given; new ones as they are drawn.
  private func loadPlanned(_ features: UnsafeBufferPointer<Feature>) {
    let used = min(features.count, configuration.maximumFeatures)
    guard let encoded = features.encoded else { return }
    scratch.begin()
    for position in 0..<used where given[position] >= 0 {
      let slot = given[position]
      let feature = features[position]
      if afm_table_slot(table, UInt64(slot)).pointee.tag != 0,
        afm_table_hash(table, UInt64(slot)).pointee == feature.hash
      {
        afm_event_load(
          table, UInt64(slot), encoded + position, Int32(truncatingIfNeeded: position), scratch.rows, scratch.event)
      } else {
        drawRow(slot, feature, position)
      }
    }
  }

  private func drawRow(_ slot: Int64, _ feature: Feature, _ position: Int) {
    let n = Int(scratch.event.pointee.feature_count)
    let k = Int(scratch.layout.pointee.k)
    scratch.nextWeight.pointee = 0
    Draws.embedding(into: scratch.nextRow, count: k, hash: feature.hash, configuration: configuration)
    weightAccumulators.base[n] = configuration.initialAccumulator
    (rowAccumulators.base + n * Int(scratch.layout.pointee.k_padded))
      .update(repeating: configuration.initialAccumulator, count: k)
    slots[n] = slot
    scratch.append(feature, origin: position)
  }

  /// What the pooled vector is multiplied by at this event; nil without dropout.
  private func drawDropout(part: UInt64) -> UnsafePointer<Float>? {
    guard configuration.dropout > 0 else { return nil }
    Draws.dropout(
      into: kept.base, count: Int(scratch.layout.pointee.k), eventNumber: model.eventsLearned ^ part << 48,
      configuration: configuration)
    return UnsafePointer(kept.base)
  }
}
