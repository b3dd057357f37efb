import SnapshotStore

/// What the learner begins with, given up when it is made: the model and the events that wait are the learner's alone
/// from then on, and gone when it replaces them.
final class LearnerStart: Sendable {
  private let recovered: Handover<RecoveredLearning>
  private let files: Handover<LearnerFiles>

  init(_ recovered: RecoveredLearning, _ files: sending LearnerFiles) {
    self.recovered = Handover(recovered)
    self.files = Handover(files)
  }

  /// The learner, the first time.
  func makeLearner(_ context: LearnerContext) -> Learner? {
    guard let recovered = recovered.take(), let model = recovered.model.take(), let files = files.take() else {
      return nil
    }
    return Learner(context: context, files: files, model: model, recovered: recovered)
  }
}
