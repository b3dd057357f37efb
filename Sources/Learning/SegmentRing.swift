import AttentionalFM
import Threads

/// The bounded ring that carries copied rows from the learner to the snapshot writer.
///
/// A fixed number of segments goes round. Where all are full the learner waits for the writer: back-pressure. Where the
/// writer failed the learner is told, and stops copying.
final class SegmentRing: Sendable {
  private struct State {
    var empty: [RowSegment]
    var full: [RowSegment] = []
    var hasEnded = false
    var hasFailed = false
  }

  private let monitor: Monitor<State>

  init(segments: Int) {
    monitor = Monitor(State(empty: (0..<segments).map { _ in RowSegment() }))
  }

  /// Waits for an empty segment; nil where the writer failed.
  func takeEmpty() -> RowSegment? {
    let segment = monitor.wait { state -> RowSegment?? in
      if state.hasFailed { return .some(nil) }
      return state.empty.popLast().map { .some($0) }
    }
    return segment ?? nil
  }

  /// Gives a filled segment to the writer.
  func put(_ segment: consuming RowSegment) {
    let segment = segment
    monitor.update { $0.full.append(segment) }
  }

  /// Says that no segment follows.
  func end() {
    monitor.update { $0.hasEnded = true }
  }

  /// Waits for the next filled segment; nil at the end.
  func takeFull() -> RowSegment? {
    let segment = monitor.wait { state -> RowSegment?? in
      if !state.full.isEmpty { return .some(state.full.removeFirst()) }
      return state.hasEnded ? .some(nil) : nil
    }
    return segment ?? nil
  }

  /// Gives a segment back that was written.
  func recycle(_ segment: consuming RowSegment) {
    let segment = segment
    monitor.update { $0.empty.append(segment) }
  }

  /// Says that writing failed: the learner need not copy any more.
  func fail() {
    monitor.update { $0.hasFailed = true }
  }
}
