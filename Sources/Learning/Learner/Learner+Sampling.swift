// Unsafe memory: the alternatives to an event are viewed in the list that holds them, while nothing is appended to it.
import AttentionalFM
import FeatureEncoding
import Features
import NegativeSampling
import ProgressiveValidation

/// What an event that is learned beside sampled negatives says beside its features.
struct SampledLabel {
  var label: Float
  var importance: Float
  var servedScore: Float
  var places: SlicePlaces

  /// The prediction that was made when an event came that waited for its label.
  struct Arrival {
    var raw: Float
    var calibrated: Float
    var known: Int
    var unknown: Int
    var entropy: Float
  }

  /// The prediction that counts, where it is not the one made now.
  var arrival: Arrival?
}

extension Learner {
  /// Why an event cannot be learned beside sampled negatives; nil where it can, or where none are sampled.
  func refusal(_ features: UnsafeBufferPointer<Feature>, label: Float) -> RejectedRecord? {
    guard let sampled else { return nil }
    if sampled.value(of: features) == nil {
      return RejectedRecord(
        .badField, field: sampled.settings.field,
        "the event has no value of the field that negatives are drawn for")
    }
    if ranking != nil, label <= 0 {
      return RejectedRecord(
        .badLabel, field: context.identity.schema.label.path,
        "with the ranking loss every event is a positive; its negatives are drawn")
    }
    return nil
  }

  /// Learns an event and, where it is positive, negatives that are drawn for it, each predicted before it is learned.
  ///
  /// First the event is ranked among candidates, where its turn has come. Then it is learned, and each of its negatives
  /// after it; with the ranking loss all of them in one step. Last, its value counts as seen. An event of importance 0 is
  /// predicted and counted alone.
  func learnSampled(
    _ event: UnsafeBufferPointer<Feature>, _ label: SampledLabel, _ sampled: SampledEvents
  ) -> LearningOutcome {
    guard let value = sampled.value(of: event) else { return .notFinite }
    let user = sampled.user(of: event)
    let number = model.eventsLearned
    sampled.begin(event)
    var ahead: Int?
    let isPositive = label.label > 0 && label.importance > 0
    if isPositive {
      ahead = candidatesAhead(of: event, value: value, user: user, number, sampled)
      state.sampler?.draw(
        sampled.settings.sampling.negatives, beside: value, user: user, eventNumber: number, for: .learning)
      appendDrawn(event, sampled)
    }
    let outcome =
      ranking.map { learnRanking($0, label, ahead: ahead, sampled) } ?? learnEach(event, label, ahead: ahead, sampled)
    guard outcome == .applied else { return outcome }
    if isPositive { state.sampler?.countDrawn(of: sampled.settings.sampling.negatives) }
    if label.importance > 0 { state.sampler?.note(value, sampled.values, user: isPositive ? user : nil) }
    live.publishDense(of: model, isIdle: false)
    return .applied
  }

  private func appendDrawn(_ event: UnsafeBufferPointer<Feature>, _ sampled: SampledEvents) {
    guard let count = state.sampler?.drawn.count else { return }
    for index in 0..<count {
      guard let sampler = state.sampler else { return }
      sampled.append(event, with: sampler.features(at: sampler.drawn[index]))
    }
  }

  /// How many of as many candidates as the settings say come before an event by the present model, each value alike
  /// likely to be one; nil where it is not the event's turn, or there are not so many.
  private func candidatesAhead(
    of event: UnsafeBufferPointer<Feature>, value: UInt64, user: UInt64?, _ number: UInt64, _ sampled: SampledEvents
  ) -> Int? {
    let count = sampled.settings.rankingCandidates
    guard count > 0, number % sampled.settings.rankingEvery == 0 else { return nil }
    state.sampler?.draw(count, beside: value, user: user, eventNumber: number, for: .ranking)
    guard state.sampler?.drawn.count == count else { return nil }
    let own = online.predict(event).raw
    appendDrawn(event, sampled)
    let ahead = sampled.features.withUnsafeBufferPointer { features in
      // An equal score comes before: a model that tells nothing apart finds nothing.
      sampled.alternatives.dropFirst().reduce(0) { ahead, range in
        online.predict(UnsafeBufferPointer(rebasing: features[range])).raw < own ? ahead : ahead + 1
      }
    }
    sampled.keepEvent()
    return ahead
  }

  /// Learns the event and its negatives one after the other.
  private func learnEach(
    _ event: UnsafeBufferPointer<Feature>, _ label: SampledLabel, ahead: Int?, _ sampled: SampledEvents
  ) -> LearningOutcome {
    let step = online.step(event, label: label.label, importance: label.importance)
    guard step.outcome == .applied else { return step.outcome }
    if let ahead { recordRanking(ahead, label, step.prediction) }
    record(label, step.prediction, tail: label.arrival == nil ? step.tail : nil)
    calibrate(label.arrival?.raw ?? step.prediction.raw, label: label.label, importance: label.importance)
    sampled.features.withUnsafeBufferPointer { features in
      for (index, range) in sampled.alternatives.enumerated().dropFirst() {
        let negative = UnsafeBufferPointer(rebasing: features[range])
        snapshots.copying?.makeRoom(rows: negative.count)
        // A negative of which nothing finite comes is left out; the record has been learned.
        let step = online.step(negative, label: 0, importance: label.importance, part: UInt64(index))
        guard step.outcome == .applied else { continue }
        recordNegative(negative, step.prediction, label, tail: step.tail)
        calibrate(step.prediction.raw, label: 0, importance: label.importance)
      }
    }
    return .applied
  }

  /// Learns that the event ranks above its negatives.
  private func learnRanking(
    _ ranking: RankingLearner, _ label: SampledLabel, ahead: Int?, _ sampled: SampledEvents
  ) -> LearningOutcome {
    snapshots.copying?.makeRoom(rows: sampled.features.count)
    return sampled.features.withUnsafeBufferPointer { features in
      let outcome = ranking.step(sampled.alternatives, of: features, importance: label.importance)
      guard outcome == .applied else { return outcome }
      let negatives = ranking.predictions.dropFirst()
      guard let own = ranking.predictions.first, !negatives.isEmpty else { return outcome }
      if let ahead { recordRanking(ahead, label, own) }
      let losses = negatives.reduce(0.0) { $0 + PortableMath.softplus(Double($1.raw) - Double(own.raw)) }
      record(label, own, tail: nil, pairLoss: losses / Double(negatives.count))
      for (prediction, range) in zip(negatives, sampled.alternatives.dropFirst()) {
        recordNegative(
          UnsafeBufferPointer(rebasing: features[range]), prediction, label, tail: nil,
          pairLoss: PortableMath.softplus(Double(prediction.raw) - Double(own.raw)))
      }
      return outcome
    }
  }

  /// Records how a positive ranked, unless it will not be recorded itself, having no finite score.
  private func recordRanking(_ ahead: Int, _ label: SampledLabel, _ now: Prediction) {
    guard (label.arrival?.calibrated ?? now.raw).isFinite else { return }
    state.progressive.recordRanking(ahead: ahead, importance: label.importance)
  }

  private func record(_ label: SampledLabel, _ now: Prediction, tail: Double?, pairLoss: Double? = nil) {
    let said =
      label.arrival
      ?? SampledLabel.Arrival(
        raw: now.raw, calibrated: model.calibrated(now.raw), known: now.known, unknown: now.unknown,
        entropy: now.entropyOfPairs)
    state.progressive.record(
      raw: said.calibrated, label: label.label, importance: label.importance, known: said.known, unknown: said.unknown,
      entropy: said.entropy, tail: state.calibrator == nil ? tail : nil, servedScore: label.servedScore,
      places: label.places, pairLoss: pairLoss)
  }

  private func recordNegative(
    _ negative: UnsafeBufferPointer<Feature>, _ said: Prediction, _ label: SampledLabel, tail: Double?,
    pairLoss: Double? = nil
  ) {
    state.progressive.record(
      raw: model.calibrated(said.raw), label: 0, importance: label.importance, known: said.known,
      unknown: said.unknown, entropy: said.entropyOfPairs, tail: state.calibrator == nil ? tail : nil,
      places: knownPlaces(of: negative), pairLoss: pairLoss)
  }
}
