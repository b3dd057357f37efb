import AttentionalFM
import EventSources
import Features
import NegativeSampling
import ProgressiveValidation
import SnapshotStore

/// What the next update or decision depends on beside the model: everything of it is in a snapshot.
///
/// A new stateful part adds a member here and a section to `sections`; snapshots written without that section restore
/// it to its start.
package struct LearnerState {
  /// Progressive validation.
  package var progressive: ProgressiveValidation

  /// Records rejected, by reason.
  package var rejected = RejectionTally()

  /// Learns how raw scores are calibrated; nil where they are not.
  package var calibrator: Calibrator?

  /// The events whose labels are not known yet, and the clock they wait by.
  var waiting: WaitingEvents

  /// What negatives are drawn from; nil where none are sampled.
  var sampler: NegativeSampler?

  /// Where reading stands; nil before the source was ever started.
  ///
  /// `recordsLearned` and `checksumSum` count the records of the model's line of descent: after a rollback that keeps
  /// the position, `nextOffset` and `lastRecord` say where reading goes on, while the counts are the snapshot's. So
  /// their sum is always the events learned and those that wait plus the records rejected that the counters beside them
  /// say.
  var position: SourcePosition?

  /// The order journal's line that learning goes on with while there is no position to say it.
  var journalStart: JournalMark?

  /// Offsets ahead of the position that are never learned.
  var skips: [SkippedRange] = []

  /// The length of the quarantine file: where a restart cuts it off.
  var quarantineLength: UInt64 = 0

  /// Where the dead letters end: what follows is taken back by a restart. Nil where none are sent, and in older
  /// snapshots.
  var deadLettersEnd: SpillPlace?

  /// The state of a model that has learned nothing.
  package init(_ identity: LearningIdentity, _ settings: LearningSettings) {
    progressive = ProgressiveValidation(
      loss: identity.model.loss, windowSize: settings.windowSize,
      slices: Slices(fields: settings.slices, valueLimit: settings.sliceValues))
    calibrator = identity.model.calibration.map(Calibrator.init)
    waiting = WaitingEvents(
      isWanted: settings.labelDelay != nil || identity.schema.label.time != nil, capacity: settings.waitingEvents)
    sampler = settings.negativeSampling.map { NegativeSampler($0.sampling, seed: identity.model.seed) }
  }

  /// The state as sections of a snapshot but for the waiting events and what negatives are drawn from, which may be
  /// many; the position and the skips are members of the manifest.
  package var sections: [SnapshotSection] {
    let tally = RejectedFor.allCases.map { reason in
      Tensor("rejected." + reason.name, .unsigned64([rejected[reason]]))
    }
    let optional = [
      SnapshotSection(
        SectionName.servedScores, version: 1, isCanonical: true, tensors: progressive.servedState.map(Tensor.init)),
      SnapshotSection(
        SectionName.ranking, version: 1, isCanonical: true, tensors: progressive.rankingState.map(Tensor.init)),
      SnapshotSection(
        SectionName.slices, version: 1, isCanonical: true, tensors: progressive.slices.state.map(Tensor.init)),
      // The beginning of a very large record may be all that is left of it, and so its text unknown.
      SnapshotSection(
        SectionName.sliceTexts, version: 1, isCanonical: false, tensors: progressive.slices.texts.map(Tensor.init)),
    ]
    let configured = [calibrator?.section, deadLettersEnd?.section].compactMap { $0 }
    return configured + optional.filter { !$0.tensors.isEmpty } + [
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
  /// - Parameters:
  ///   - sections: all sections of the snapshot.
  ///   - fields: the names of the fields at the time.
  ///   - loss: the loss at the time; what was judged by another one is not gone on with.
  ///   - identity: what is learned now.
  ///   - settings: how learning runs now.
  /// - Throws: where a section has a version or tensors that are not known here.
  package init(
    sections: [SnapshotSection], fields: [String], loss: Loss, position: SourcePosition?, skips: [SkippedRange],
    identity: LearningIdentity, settings: LearningSettings
  ) throws(SnapshotProblem) {
    self.init(identity, settings)
    let named = Dictionary(sections.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    if let unknown = sections.first(where: { !SectionName.all.contains($0.name) }) {
      throw SnapshotProblem(
        .unsupported,
        "the snapshot has a section '\(unknown.name)' that this version does not know; use the one that wrote it")
    }
    let slicePositions = loss == identity.model.loss ? try restoreProgressive(named) : []
    if let section = named[SectionName.counters] {
      try section.require(version: 1)
      for reason in RejectedFor.allCases {
        guard case .unsigned64(let count)? = section["rejected." + reason.name] else { continue }
        rejected[reason] = count.first ?? 0
      }
    }
    if let section = named[SectionName.quarantine] {
      try section.require(version: 1)
      if case .unsigned64(let length)? = section["length"] { quarantineLength = length.first ?? 0 }
    }
    if let section = named[SectionName.deadLetters] { deadLettersEnd = try SpillPlace(section) }
    if let section = named[SectionName.calibration] { try calibrator?.restore(section) }
    if let section = named[SectionName.waiting] {
      let now = identity.schema.layout.names
      try waiting.restore(
        section, records: named[SectionName.waitingRecords],
        fieldPositions: fields.map { name in now.position(of: name).map { UInt16(truncatingIfNeeded: $0) } },
        slicePositions: slicePositions)
    }
    if let section = named[SectionName.negativeSampling], let sampling = settings.negativeSampling {
      let features = identity.schema.features
      try sampler?.restore(
        section, sampling,
        fieldPositions: fields.map { name in
          guard name == sampling.field || sampling.companions.contains(name) else { return nil }
          return features.map(\.name).position(of: name).map { UInt16(truncatingIfNeeded: $0) }
        })
    }
    self.position = position
    self.skips = skips
  }

  /// Restores progressive validation; gives the positions now of the fields that were sliced.
  private mutating func restoreProgressive(_ sections: [String: SnapshotSection]) throws(SnapshotProblem) -> [Int?] {
    func arrays(_ name: String) throws(SnapshotProblem) -> [NamedArray]? {
      try sections[name]?.require(version: 1)
      return sections[name]?.tensors.compactMap(NamedArray.init)
    }
    let saved = try (
      progressive: arrays(SectionName.progressive), served: arrays(SectionName.servedScores),
      ranking: arrays(SectionName.ranking), slices: arrays(SectionName.slices), texts: arrays(SectionName.sliceTexts)
    )
    do throws(ProgressiveStateProblem) {
      if let state = saved.progressive { try progressive.restore(state) }
      if let state = saved.served { try progressive.restoreServed(state) }
      if let state = saved.ranking { try progressive.restoreRanking(state) }
      guard let state = saved.slices else { return [] }
      return try progressive.slices.restore(state, texts: saved.texts ?? [])
    } catch {
      throw SnapshotProblem(.damaged, error.description)
    }
  }
}

/// The names of the sections that the learner writes.
enum SectionName {
  static let progressive = "progressive"
  static let counters = "counters"
  static let quarantine = "quarantine"
  static let deadLetters = "dead_letters"
  static let servedScores = "served_scores"
  static let slices = "slices"
  static let sliceTexts = "slice_texts"
  static let calibration = "calibration"
  static let forgetting = "forgetting"
  static let waiting = "waiting"
  static let waitingRecords = "waiting_records"
  static let ranking = "ranked_positives"
  static let negativeSampling = "negative_sampling"

  static let all: Set<String> = [
    progressive, counters, quarantine, deadLetters, servedScores, slices, sliceTexts, calibration, forgetting, waiting,
    waitingRecords, ranking, negativeSampling,
  ]
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
    case .bytes(let values): self.init(array.name, .unsigned8(values))
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
    case .unsigned8(let values): self.init(tensor.name, .bytes(values))
    default: return nil
    }
  }
}
