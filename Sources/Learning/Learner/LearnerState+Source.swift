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
  /// one before is over; what was to be skipped in this one is ahead.
  ///
  /// - Parameter highest: the highest count of sources that the snapshots know.
  mutating func enterSuccessor(of before: SourcePosition?, highest: UInt64 = 0) {
    guard let before, var position else { return }
    position.predecessors = before.predecessors
    position.enterSuccessor(highest: highest)
    skips = SkippedRanges.left(skips, from: before, to: position)
    self.position = position
  }
}
