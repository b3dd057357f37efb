import EventSources
import SnapshotStore

/// What a change of the source means for the position and the skips beside it.
extension LearnerState {
  /// Goes on in the file that followed the one before, whose offsets begin again.
  mutating func goOn(inFile identity: String) {
    let before = position
    position?.goOn(inFile: identity)
    enterSuccessor(of: before)
  }

  /// Takes note that the offsets of the position belong to another source from now on. What was to be skipped in the
  /// source before is over; the skips that name this one lie ahead.
  ///
  /// - Parameter newest: of all positions that are known, the one in the newest source.
  mutating func enterSuccessor(of before: SourcePosition?, newest: SourcePosition? = nil) {
    guard let before, var position else { return }
    position.predecessors = before.predecessors
    position.enterSuccessor(newest: newest, topicID: position.topicID)
    skips = SkippedRanges.left(skips, from: before, to: position)
    self.position = position
  }

  /// Takes note that the position, which held nothing to compare, is one of the present topic. Its skips are those of the
  /// topic of its time.
  mutating func enterPresentTopic(newest: SourcePosition) {
    guard let before = position else { return }
    position?.enterPresentTopic(newest: newest)
    skips = SkippedRanges.moved(skips, from: before, to: position)
  }
}
