import EventSources
import SnapshotStore

extension SpillPlace {
  /// The place as a section of a snapshot: it depends on what was delivered meanwhile, not on the events alone.
  var section: SnapshotSection {
    SnapshotSection(
      SectionName.deadLetters, version: 1, isCanonical: false,
      tensors: [Tensor("end", .unsigned64([segment, offset, entries]))])
  }

  /// The place that a section says.
  ///
  /// - Throws: where the section has a version or tensors that are not known here.
  init(_ section: SnapshotSection) throws(SnapshotProblem) {
    try section.require(version: 1)
    guard case .unsigned64(let end)? = section["end"], end.count == 3 else {
      throw SnapshotProblem(.damaged, "the place of dead letters lacks a number; the snapshot is damaged")
    }
    self.init(segment: end[0], offset: end[1], entries: end[2])
  }
}
