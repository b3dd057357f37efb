import Learning
import Synchronization

/// Whether the learner still answers between two events.
final class Pulse: Sendable {
  private let answered = Atomic<Bool>(false)

  /// Asks for a sign of life.
  func ask(_ learning: LearningService) {
    answered.store(false, ordering: .relaxed)
    learning.report { [self] _ in answered.store(true, ordering: .relaxed) }
  }

  /// Whether the last question was answered.
  var isAnswered: Bool { answered.load(ordering: .relaxed) }
}
