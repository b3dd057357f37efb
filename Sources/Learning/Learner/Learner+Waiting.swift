import AttentionalFM
import Features
import ProgressiveValidation

extension Learner {
  /// Takes an event where labels may come later: first everything whose label is known by its time is learned, then it
  /// is predicted; it is learned at once where its own label is known, and waits where it is not.
  ///
  /// - Parameters:
  ///   - record: the event's record, decoded.
  ///   - batch: the batch that the record is of.
  ///   - features: the event's features.
  func learnInTime(_ record: DecodedRecord, of batch: DecodedBatch, _ features: UnsafeBufferPointer<Feature>) {
    if let time = record.eventTime { state.waiting.advance(to: time) }
    while state.waiting.isNextDue { learnNextWaiting() }
    let places = places(of: features, record, batch)
    let labelTime = labelTime(of: record)
    if labelTime == nil, state.waiting.isWanted { state.waiting.undated &+= 1 }
    guard let labelTime, labelTime > state.waiting.watermark ?? .min else {
      snapshots.copying?.makeRoom(rows: features.count)
      return learnAtOnce(record, of: batch, features, places)
    }
    let prediction = online.predict(features)
    // Before anything else is learned, and calibrates: it is what a caller would have been answered now.
    let calibrated = model.calibrated(prediction.raw)
    while !state.waiting.hasRoom(features: features.count) {
      state.waiting.early &+= 1
      guard let next = state.waiting.nextLabelTime, next <= labelTime else {
        // It is the one whose label comes first.
        snapshots.copying?.makeRoom(rows: features.count)
        return learnAtOnce(record, of: batch, features, places)
      }
      learnNextWaiting()
    }
    let event = WaitingEvent(
      eventTime: record.eventTime ?? WaitingEvent.noTime, offset: record.offset, partition: record.partition,
      label: record.label, importance: record.importance, servedScore: record.servedScore, raw: prediction.raw,
      calibrated: calibrated, entropy: prediction.entropyOfPairs,
      known: UInt16(clamping: prediction.known), unknown: UInt16(clamping: prediction.unknown),
      thinning: record.thinning, places: places)
    state.waiting.insert(event, features, labelTime: labelTime)
  }

  /// When a record's label is known, milliseconds since 1970; nil where that is at once, or cannot be told.
  private func labelTime(of record: DecodedRecord) -> Int64? {
    if let time = record.labelTime { return time }
    guard let delay = context.settings.labelDelay, let time = record.eventTime else { return nil }
    let (sum, overflows) = time.addingReportingOverflow(delay)
    return overflows ? .max : sum
  }

  /// Learns the waiting event whose turn is next, and records the prediction that was made when it came.
  private func learnNextWaiting() {
    guard let event = state.waiting.removeNext(into: &released) else { return }
    snapshots.copying?.makeRoom(rows: released.count)
    if let problem = released.withUnsafeBufferPointer({ refusal($0, label: event.label) }) {
      // It came when nothing was drawn yet, and nothing can be drawn for it.
      state.rejected[.decoding(problem.reason)] &+= 1
      files.keep(
        event, reason: .decoding(problem.reason),
        detail: problem.description + "; it had waited for its label, and its bytes are in the source alone",
        log: context.log)
    } else if released.withUnsafeBufferPointer({ learn(event, $0) }) == .applied {
      if event.eventTime > newestEventTime ?? .min { newestEventTime = event.eventTime }
    } else {
      state.rejected[.notFiniteGradient] &+= 1
      files.keep(
        event, reason: .notFiniteGradient,
        detail: Learner.notFinite + "; it had waited for its label, and its bytes are in the source alone",
        log: context.log)
    }
    if let copying = snapshots.copying { learned(beside: copying) }
  }
}

extension Learner {
  /// Learns an event that waited. Negatives are drawn for it now, and predicted now; of itself the prediction counts that
  /// was made when it came.
  private func learn(_ event: WaitingEvent, _ features: UnsafeBufferPointer<Feature>) -> LearningOutcome {
    if let sampled {
      let arrival = SampledLabel.Arrival(
        raw: event.raw, calibrated: event.calibrated, known: Int(event.known), unknown: Int(event.unknown),
        entropy: event.entropy)
      let label = SampledLabel(
        label: event.label, importance: event.importance, servedScore: event.servedScore, places: event.places,
        arrival: arrival)
      return learnSampled(features, label, sampled)
    }
    let outcome = online.learn(
      features, label: event.label, importance: event.importance, offset: event.thinning)
    guard outcome == .applied else { return outcome }
    state.progressive.record(
      raw: event.calibrated + event.thinning, label: event.label, importance: event.importance, known: Int(event.known),
      unknown: Int(event.unknown), entropy: event.entropy, servedScore: event.servedScore + event.thinning,
      places: event.places)
    calibrate(event.raw, label: event.label, importance: event.importance)
    live.publishDense(of: model, isIdle: false)
    return outcome
  }
}

extension Prediction {
  /// The attention entropy; not a number with fewer than two pairs.
  var entropyOfPairs: Float { pairs > 1 ? attentionEntropy : .nan }
}
