// Unsafe memory: the features of a batch are viewed during one call; `places` holds an entry for every feature of it.

import CAFMKernels
import Features

/// Learns a model in mini-batches: every event of a batch is differentiated at the same parameters, the gradients are
/// summed in the order of the events, the penalties are added once, and each touched parameter takes one Adagrad step.
///
/// Made for batches of one event, it takes exactly the steps of `OnlineLearner`, to the last bit; for larger ones its
/// steps are explicit. Memory grows with the largest batch that was learned, and with the first event of importance 0;
/// nothing else is allocated. Used by the
/// model's owner alone.
public final class BatchLearner {
  /// The model that moves.
  public let model: Model

  /// The arithmetic in use.
  public let kernels: Kernels

  /// What the last batch did, event by event: the prediction before anything moved, from known features and without
  /// dropout, and whether the event was applied.
  public private(set) var steps: [LearningStep] = []

  private let trained: TrainedParameters
  /// Whether it was made for batches of one event: also a last batch that happens to hold one is a batch otherwise.
  private let isOfSingleEvents: Bool
  private let configuration: ModelConfiguration
  private let scratch: EventScratch
  private let rows: BatchRows
  private let gradient: BatchGradient
  private let dense: DenseOptimizer
  private let kept: AlignedFloats
  /// For each feature of the batch its row, -1 for none; those of an event follow each other.
  private var places: [Int32] = []
  /// For each feature of the event in the scratch its row.
  private var placed: [Int32]
  private var refused: [Bool] = []
  private lazy var predictor = OnlineLearner(model, kernels: kernels)

  /// Makes a learner for a model.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - trained: which parameters move.
  ///   - batchSize: the most events of a batch.
  ///   - kernels: the arithmetic.
  public init(
    _ model: Model, training trained: TrainedParameters = .all, batchSize: Int, kernels: Kernels = .preferred
  ) {
    self.model = model
    self.kernels = kernels
    self.trained = trained
    isOfSingleEvents = batchSize == 1
    configuration = model.configuration
    scratch = EventScratch(configuration)
    let width = Int(scratch.layout.pointee.k_padded)
    rows = BatchRows(model.table.table, configuration: configuration, width: width)
    gradient = BatchGradient(model.dense)
    dense = DenseOptimizer(
      model.dense, configuration: configuration, kernels: kernels, layout: scratch.layout, moving: trained,
      events: batchSize)
    kept = AlignedFloats(width)
    placed = Array(repeating: -1, count: configuration.maximumFeatures)
  }

  /// Learns one batch; ``steps`` then says what became of each event.
  ///
  /// An event of importance 0 is counted, and moves and claims nothing, as with `OnlineLearner`. An event whose score or
  /// gradients are not finite is left out, as if it had never been there; where even then a sum
  /// is not finite, nothing of the batch is applied, and none of its events counts.
  ///
  /// - Parameters:
  ///   - events: at most as many as the learner was made for.
  ///   - features: what the events' ranges lie in.
  public func step(_ events: UnsafeBufferPointer<BatchEvent>, features: UnsafeBufferPointer<Feature>) {
    steps.removeAll(keepingCapacity: true)
    refused.removeAll(keepingCapacity: true)
    refused.append(contentsOf: repeatElement(false, count: events.count))
    if attempt(events, features, isFirst: true) { return }
    if events.count > 1 {
      for index in events.indices { refused[index] = !isFinite(index, events, features) }
      if refused.contains(true), refused.contains(false), attempt(events, features, isFirst: false) { return }
    }
    for index in steps.indices { steps[index].outcome = .notFinite }
  }

  /// Learns the events that are not refused; false where something is not finite, and then nothing has changed.
  private func attempt(
    _ events: UnsafeBufferPointer<BatchEvent>, _ features: UnsafeBufferPointer<Feature>, isFirst: Bool
  ) -> Bool {
    let known = placeFeatures(events, features)
    gradient.begin()
    var first = 0
    var applied: UInt64 = 0
    var dropped: UInt64 = 0
    var pairs = 0
    var differentiated = 0
    var isFinite = true
    for (index, event) in events.enumerated() {
      let given = UnsafeBufferPointer(rebasing: features[event.features])
      let used = min(given.count, configuration.maximumFeatures)
      defer { first += used }
      if refused[index] {
        steps[index].outcome = .notFinite
        continue
      }
      if event.importance == 0 {
        if isFirst { countWithoutWeight(event, given) }
        if steps[index].outcome == .applied { applied &+= 1 }
        continue
      }
      load(given.prefix(used), first, below: known)
      scratch.event.pointee.kept = nil
      scratch.forward(kernels, parameters: model.dense.values.base)
      var tail = configuration.loss.tail(raw: scratch.event.pointee.raw + event.offset)
      let unknown = given.count - Int(scratch.event.pointee.feature_count)
      if isFirst {
        steps.append(
          LearningStep(prediction: scratch.prediction(unknown: unknown), outcome: .applied, tail: tail))
      }
      differentiated += 1
      let hasNew = places[first..<(first + used)].contains { $0 >= known }
      let drops = configuration.dropout > 0 && scratch.event.pointee.pair_count > 0
      if hasNew { load(given.prefix(used), first, below: .max) }
      if hasNew || drops {
        scratch.event.pointee.kept = drawDropout(eventNumber: model.eventsLearned &+ applied)
        scratch.forward(kernels, parameters: model.dense.values.base)
        tail = configuration.loss.tail(raw: scratch.event.pointee.raw + event.offset)
      }
      if trained == .all { dropped &+= UInt64(used) - UInt64(scratch.event.pointee.feature_count) }
      if !differentiate(event, tail: tail) { isFinite = false }
      gradient.add(scratch)
      for n in 0..<Int(scratch.event.pointee.feature_count) { rows.add(scratch, n, to: placed[n]) }
      pairs += Int(scratch.event.pointee.pair_count)
      applied &+= 1
    }
    if differentiated == 0 {
      model.eventsLearned &+= applied
      return true
    }
    dense.collect(touched: gradient.touched, count: gradient.touchedCount, pairs: pairs)
    let scale = configuration.step == .implicit && isOfSingleEvents ? implicitScale(events[0], pairs: pairs) : 1
    let denseIsFinite = dense.check(scale: scale, pairs: pairs)
    let rowsAreFinite = trained == .attention || rows.check(kernels, scale: scale)
    // Both were evaluated: what comes after needs to know that the dense gradients were looked at.
    guard isFinite, denseIsFinite, rowsAreFinite else {
      dense.forget()
      return false
    }
    dense.move(pairs: pairs)
    if trained == .all {
      var counters = model.table.counters
      rows.move(kernels, eventsLearned: model.eventsLearned, counters: &counters)
      counters.dropped &+= dropped
      model.table.counters = counters
    }
    model.eventsLearned &+= applied
    return true
  }

  /// Predicts an event of importance 0, whose rows are none of the batch's: no penalty acts on them.
  private func countWithoutWeight(_ event: BatchEvent, _ features: UnsafeBufferPointer<Feature>) {
    let prediction = predictor.predict(features)
    steps.append(
      LearningStep(
        prediction: prediction, outcome: prediction.raw.isFinite ? .applied : .notFinite,
        tail: configuration.loss.tail(raw: prediction.raw + event.offset)))
  }

  /// Finds the rows of all features: first those that the table knows, so that none of them gives way to one of those
  /// that it does not, which follow. Gives the number of the former.
  private func placeFeatures(
    _ events: UnsafeBufferPointer<BatchEvent>, _ features: UnsafeBufferPointer<Feature>
  ) -> Int32 {
    let most = configuration.maximumFeatures
    let count = events.reduce(0) { $0 + min($1.features.count, most) }
    rows.begin(maximum: count)
    places.removeAll(keepingCapacity: true)
    var unknown = 0
    guard let encoded = features.encoded else {
      places.append(contentsOf: repeatElement(-1, count: count))
      return 0
    }
    for (index, event) in events.enumerated() {
      for position in event.features.prefix(most) {
        let isLeftOut = refused[index] || event.importance == 0
        let row = isLeftOut ? -1 : rows.known(encoded + position)
        if row < 0, !isLeftOut { unknown += 1 }
        places.append(row)
      }
    }
    let known = Int32(truncatingIfNeeded: rows.count)
    guard unknown > 0, trained == .all else { return known }
    var place = 0
    for (index, event) in events.enumerated() {
      let first = place
      for position in event.features.prefix(most) {
        defer { place += 1 }
        if places[place] >= 0 || refused[index] || event.importance == 0 { continue }
        let row = rows.new(encoded + position)
        // A feature that is given twice in an event is one feature.
        if row < 0 || !places[first..<place].contains(row) { places[place] = row }
      }
    }
    return known
  }

  /// Puts those features of an event into the scratch that have a row below a bound.
  private func load(_ given: Slice<UnsafeBufferPointer<Feature>>, _ first: Int, below bound: Int32) {
    scratch.begin()
    for position in given.indices {
      let row = places[first + position]
      guard row >= 0, row < bound else { continue }
      placed[Int(scratch.event.pointee.feature_count)] = row
      rows.load(row, given[position], origin: position, into: scratch)
    }
  }

  /// Computes the gradients of the event in the scratch; false where its score is not finite.
  private func differentiate(_ event: BatchEvent, tail: Double) -> Bool {
    let raw = scratch.event.pointee.raw + event.offset
    let lossGradient = configuration.loss.gradient(
      raw: raw, label: event.label, importance: event.importance, tail: tail)
    afm_backward(
      kernels.table, model.dense.values.base, model.dense.projection.base, scratch.layout, scratch.event, lossGradient,
      gradient.event.base)
    return raw.isFinite && lossGradient.isFinite
  }

  /// What the gradients of the event in the scratch, the batch's only one, are to be multiplied by.
  private func implicitScale(_ event: BatchEvent, pairs: Int) -> Float {
    let raw = scratch.event.pointee.raw + event.offset
    let tail = configuration.loss.tail(raw: raw)
    let lossGradient = configuration.loss.gradient(
      raw: raw, label: event.label, importance: event.importance, tail: tail)
    guard lossGradient != 0 else { return 1 }
    let rowSum = trained == .all ? rows.stepSum(scratch, placed, kernels) : 0
    return configuration.loss.implicitScale(
      gradient: lossGradient, raw: raw, label: event.label, importance: event.importance, tail: tail,
      stepSum: dense.stepSum(pairs: pairs) + rowSum)
  }

  private func drawDropout(eventNumber: UInt64) -> UnsafePointer<Float>? {
    guard configuration.dropout > 0 else { return nil }
    Draws.dropout(
      into: kept.base, count: Int(scratch.layout.pointee.k), eventNumber: eventNumber, configuration: configuration)
    return UnsafePointer(kept.base)
  }

  /// Whether an event alone could be applied. A cold path: only for a batch of which something was not finite.
  private func isFinite(
    _ index: Int, _ events: UnsafeBufferPointer<BatchEvent>, _ features: UnsafeBufferPointer<Feature>
  ) -> Bool {
    let event = events[index]
    let given = UnsafeBufferPointer(rebasing: features[event.features])
    let used = min(given.count, configuration.maximumFeatures)
    let first = events[..<index].reduce(0) { $0 + min($1.features.count, configuration.maximumFeatures) }
    load(given.prefix(used), first, below: .max)
    scratch.event.pointee.kept = nil
    scratch.forward(kernels, parameters: model.dense.values.base)
    let hasScore = differentiate(event, tail: configuration.loss.tail(raw: scratch.event.pointee.raw + event.offset))
    let width = Int(scratch.layout.pointee.k_padded)
    let count = Int(scratch.event.pointee.feature_count)
    func squaresAreFinite(_ numbers: UnsafeMutablePointer<Float>, _ count: Int) -> Bool {
      UnsafeBufferPointer(start: numbers, count: count).allSatisfy { ($0 * $0).isFinite }
    }
    let isFinite =
      hasScore && squaresAreFinite(scratch.event.pointee.weight_gradient, count)
      && squaresAreFinite(scratch.event.pointee.row_gradient, count * width)
      && squaresAreFinite(gradient.event.base, gradient.event.count)
    gradient.event.base.update(repeating: 0, count: gradient.event.count)
    return isFinite
  }
}
