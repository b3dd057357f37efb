import AttentionalFM
import Features

extension OnlineLearner {
  /// Learns events one by one, each at its own time: as the daemon does.
  func steps(
    _ events: UnsafeBufferPointer<BatchEvent>, features: UnsafeBufferPointer<Feature>
  ) -> [LearningStep] {
    events.map { event in
      if let time = event.time, event.importance > 0 { model.advanceClock(to: time) }
      return step(
        UnsafeBufferPointer(rebasing: features[event.features]), label: event.label, importance: event.importance,
        offset: event.offset)
    }
  }
}
