import AttentionalFM
import Threads

/// The bounded ring that carries copied rows from the learner to the snapshot writer, one snapshot after the other.
///
/// A fixed number of segments goes round, made and first touched by the writer's thread, so that the learner never waits
/// for the system to find memory. Where all are full the learner waits for the writer: back-pressure. Where the writer
/// failed the learner is told, and stops copying.
final class SegmentRing: Sendable {
  private struct State {
    var empty: [RowSegment] = []
    var full: [RowSegment] = []
    var hasEnded = false
    var hasFailed = false
  }

  private let monitor = Monitor(State())

  /// The rows of one segment.
  let rowsPerSegment: Int

  /// How many segments go round.
  let segments: Int

  /// The most rows that one step of learning changes.
  let rowsAtOnce: Int

  private let embeddingSize: Int
  /// The rows of a segment that are left to those that are about to change, where no other segment is free.
  static let reserve = 64

  private static let segmentBytes = 256 << 10
  private static let ringBytes = 16 << 20
  private static let fewestSegments = 4

  /// Makes a ring without segments, for rows of a model that learns from so many events at once.
  init(_ model: ModelConfiguration, eventsAtOnce: Int = 1) {
    embeddingSize = model.effectiveEmbeddingSize
    rowsAtOnce = model.maximumFeatures * max(1, eventsAtOnce)
    rowsPerSegment = SegmentRing.rowsPerSegment(model, rowsAtOnce)
    segments = SegmentRing.segments(model, rowsPerSegment)
  }

  /// The bytes of all segments.
  static func bytes(_ model: ModelConfiguration, eventsAtOnce: Int = 1) -> UInt64 {
    let row = RowSegment.rowBytes(embeddingSize: model.effectiveEmbeddingSize)
    let rows = rowsPerSegment(model, model.maximumFeatures * max(1, eventsAtOnce))
    return UInt64(clamping: segments(model, rows) * rows * row)
  }

  private static func rowsPerSegment(_ model: ModelConfiguration, _ rowsAtOnce: Int) -> Int {
    let row = RowSegment.rowBytes(embeddingSize: model.effectiveEmbeddingSize)
    // The reserve is not all of it: the others are copied in their turn.
    return max(segmentBytes / row, 2 * rowsAtOnce, 2 * reserve)
  }

  private static func segments(_ model: ModelConfiguration, _ rowsPerSegment: Int) -> Int {
    let row = RowSegment.rowBytes(embeddingSize: model.effectiveEmbeddingSize)
    return max(fewestSegments, ringBytes / (row * rowsPerSegment))
  }

  /// Makes the segments. For the writer, once.
  func makeSegments() {
    for _ in 0..<segments {
      var segment = RowSegment(embeddingSize: embeddingSize, capacity: rowsPerSegment)
      segment.touch()
      recycle(consume segment)
    }
  }

  /// Begins with the next snapshot; the one before was ended, and its writer is done.
  func begin() {
    monitor.update { state in
      state.hasEnded = false
      state.hasFailed = false
    }
  }

  /// Whether the writer failed: nothing is to be copied any more.
  var hasFailed: Bool { monitor.read { $0.hasFailed } }

  /// An empty segment; waits for one at most so long, nil for ever. Nil where there is none, or the writer failed.
  func takeEmpty(milliseconds: Int?) -> RowSegment? {
    let segment = monitor.wait(milliseconds: milliseconds) { state -> RowSegment?? in
      if state.hasFailed { return .some(nil) }
      return state.empty.popLast().map { .some($0) }
    }
    return segment ?? nil
  }

  /// Gives a filled segment to the writer.
  func put(_ segment: consuming RowSegment) {
    let segment = segment
    monitor.update { state in
      if state.hasFailed { state.empty.append(segment) } else { state.full.append(segment) }
    }
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

  /// Gives a segment back that was written; the caller has no other reference to it.
  ///
  /// It is moved, never copied: while somebody else holds its memory, filling it allocates another.
  func recycle(_ segment: consuming RowSegment) {
    var given: RowSegment? = consume segment
    monitor.update { state in
      if let segment = given.take() { state.empty.append(segment) }
    }
  }

  /// Says that writing failed: the learner need not copy any more.
  func fail() {
    monitor.update { state in
      state.hasFailed = true
      state.empty += state.full
      state.full = []
    }
  }
}
