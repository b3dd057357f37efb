import AttentionalFM
import EventSources
import ProgressiveValidation
import SnapshotStore

/// What the next update or decision depends on beside the model: everything of it is in a snapshot.
///
/// A new stateful part adds a member here and a section to `sections`; snapshots written without that section restore
/// it to its start.
struct LearnerState {
  /// Progressive validation.
  var progressive: ProgressiveValidation

  /// Records rejected, by reason.
  var rejected = RejectionTally()

  /// Where learning stands; nil before the source was ever started.
  ///
  /// `recordsLearned` and `checksumSum` count the records of the model's line of descent: after a rollback that keeps
  /// the position, `nextOffset` and `lastRecord` say where reading goes on, while the counts are the snapshot's. So
  /// their sum is always the events learned plus the records rejected that the counters beside them say.
  var position: SourcePosition?

  /// Offsets ahead of the position that are never learned.
  var skips: [SkippedRange] = []

  /// The length of the quarantine file: where a restart cuts it off.
  var quarantineLength: UInt64 = 0

  init(loss: Loss, windowSize: Int) {
    progressive = ProgressiveValidation(loss: loss, windowSize: windowSize)
  }

  /// The state as sections of a snapshot; the position and the skips are members of the manifest.
  var sections: [SnapshotSection] {
    let tally = RejectedFor.allCases.map { reason in
      Tensor("rejected." + reason.name, .unsigned64([rejected[reason]]))
    }
    return [
      SnapshotSection(
        SectionName.progressive, version: 1, isCanonical: true, tensors: progressive.state.map(Tensor.init)),
      SnapshotSection(SectionName.counters, version: 1, isCanonical: true, tensors: tally),
      SnapshotSection(
        SectionName.quarantine, version: 1, isCanonical: false,
        tensors: [Tensor("length", .unsigned64([quarantineLength]))]),
    ]
  }

  /// The state that sections of a snapshot hold; a section that is not there leaves its part at the start.
  ///
  /// - Throws: where a section has a version or tensors that are not known here.
  init(
    sections: [SnapshotSection], position: SourcePosition?, skips: [SkippedRange], loss: Loss, windowSize: Int
  ) throws(SnapshotProblem) {
    self.init(loss: loss, windowSize: windowSize)
    for section in sections {
      switch section.name {
      case SectionName.progressive:
        try section.require(version: 1)
        do throws(ProgressiveStateProblem) {
          try progressive.restore(section.tensors.compactMap(NamedArray.init))
        } catch {
          throw SnapshotProblem(.damaged, error.description)
        }
      case SectionName.counters:
        try section.require(version: 1)
        for reason in RejectedFor.allCases {
          guard case .unsigned64(let count)? = section["rejected." + reason.name] else { continue }
          rejected[reason] = count.first ?? 0
        }
      case SectionName.quarantine:
        try section.require(version: 1)
        guard case .unsigned64(let length)? = section["length"] else { continue }
        quarantineLength = length.first ?? 0
      default:
        throw SnapshotProblem(
          .unsupported,
          "the snapshot has a section '\(section.name)' that this version does not know; use the one that wrote it")
      }
    }
    self.position = position
    self.skips = skips
  }
}

/// The names of the sections that the learner writes.
enum SectionName {
  static let progressive = "progressive"
  static let counters = "counters"
  static let quarantine = "quarantine"
}

extension SnapshotSection {
  /// Makes sure that the section means what is known here.
  func require(version known: Int) throws(SnapshotProblem) {
    guard version == known else {
      throw SnapshotProblem(
        .unsupported,
        "the snapshot's section '\(name)' has version \(version), and this version reads \(known); use the one that "
          + "wrote it")
    }
  }
}

extension Tensor {
  /// An array of progressive validation as a tensor.
  init(_ array: NamedArray) {
    switch array.values {
    case .float(let values): self.init(array.name, .float32(values))
    case .double(let values): self.init(array.name, .float64(values))
    case .unsigned(let values): self.init(array.name, .unsigned64(values))
    }
  }
}

extension NamedArray {
  /// A tensor as an array of progressive validation; nil where it is of a type that it never writes.
  init?(_ tensor: Tensor) {
    switch tensor.values {
    case .float32(let values): self.init(tensor.name, .float(values))
    case .float64(let values): self.init(tensor.name, .double(values))
    case .unsigned64(let values): self.init(tensor.name, .unsigned(values))
    default: return nil
    }
  }
}
