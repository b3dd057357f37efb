import AttentionalFM
import SnapshotStore

extension Calibrator {
  /// The state as a section of a snapshot: a function of the events learned, alone.
  var section: SnapshotSection {
    let state = state
    return SnapshotSection(
      SectionName.calibration, version: 1, isCanonical: true,
      tensors: [
        Tensor("kind", .unsigned8(Array(state.kind.rawValue.utf8))), Tensor("events", .unsigned64([state.events])),
        Tensor("numbers", .float64(state.numbers)), Tensor("curve", .float32(state.curve)),
      ])
  }

  /// Goes on from a section; one of another kind of calibration is left where it is, since it says nothing of this one.
  ///
  /// - Throws: where the section has a version or tensors that are not known here, or numbers that are impossible.
  mutating func restore(_ section: SnapshotSection) throws(SnapshotProblem) {
    try section.require(version: 1)
    guard case .unsigned8(let name)? = section["kind"],
      let kind = CalibrationSettings.Kind(rawValue: String(decoding: name, as: UTF8.self)),
      case .unsigned64(let events)? = section["events"], events.count == 1,
      case .float64(let numbers)? = section["numbers"], case .float32(let curve)? = section["curve"]
    else {
      throw SnapshotProblem(.damaged, "the calibration lacks a tensor; the snapshot is damaged")
    }
    do throws(ModelProblem) {
      try restore(CalibratorState(kind: kind, events: events[0], numbers: numbers, curve: curve))
    } catch {
      throw SnapshotProblem(.damaged, "the calibration cannot be gone on from: \(error)")
    }
  }
}
