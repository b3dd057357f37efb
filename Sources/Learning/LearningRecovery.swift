import AttentionalFM
import EventSources
import LiveModel
import SnapshotStore

/// A model with the state that learning goes on from: restored from the current snapshot, or fresh.
public struct RecoveredLearning: Sendable {
  /// The model's live face, for scorers.
  public let live: LiveModel

  /// The snapshot it was restored from; nil for a fresh model.
  public let snapshot: UInt64?

  /// Whether learning runs, as it was when the daemon ended.
  public let condition: LearningCondition

  /// What an operator should know, a sentence each.
  public let notes: [RecoveryNote]

  /// What became of the snapshot that was current, where another was taken instead.
  public let damage: SnapshotDamage?

  let model: Handover<Model>
  let state: LearnerState

  /// Whether quarantine and dead letters are cut to what the snapshot says, since what follows is read again. Only where
  /// learning goes on in the snapshot's own line: after a rollback, a choice, or damage to a later snapshot, what was
  /// rejected in the line that was left may be read by nobody again.
  let truncatesQuarantine: Bool

  /// Restores the current snapshot of a store, or makes a fresh model where there has never been one.
  ///
  /// Another arithmetic or another version of the software than the snapshot's is recorded in the lineage.
  ///
  /// - Throws: where no snapshot can be started from, or where the current one belongs to another shape of model or to
  ///   another meaning of the schema; `misuse` where the model's configuration is impossible.
  public init(
    from store: SnapshotStore, identity: LearningIdentity, settings: LearningSettings
  ) throws(SnapshotProblem) {
    let recovered = try store.openCurrent()
    if let recovered {
      let manifest = recovered.snapshot.manifest
      var loaded = try LoadedLearning.load(
        recovered.snapshot, position: recovered.position, skips: recovered.skips, identity: identity,
        settings: settings)
      if recovered.position == nil { loaded.state.journalStart = recovered.journal }
      var notes = recovered.notes
      if let changes = try SettingsChanges.text(since: manifest, identity) { notes.append(.notice(changes)) }
      if loaded.isBlank {
        notes.append(
          .notice(
            "snapshot \(manifest.id) has learned nothing, so the model begins anew with the settings as they are now"))
      }
      if manifest.arithmetic != identity.kernels.arithmetic {
        try store.recordArithmeticChange(from: manifest.arithmetic, to: identity.kernels.arithmetic)
        notes.append(
          .notice(
            "snapshot \(manifest.id) was learned with \(manifest.arithmetic) arithmetic, and this machine computes "
              + "\(identity.kernels.arithmetic): the model's bits will differ from here on, on a new line of descent"))
      }
      if manifest.software != identity.software {
        try store.recordSoftwareChange(from: manifest.software, to: identity.software)
      }
      if manifest.model.loss != identity.model.loss {
        notes.append(
          .notice(
            "snapshot \(manifest.id) was learned with loss \(manifest.model.loss.rawValue), and "
              + "\(identity.model.loss.rawValue) is configured: progressive validation begins anew, "
              + "and scores mean something else until the model has learned enough"))
      }
      if let note = loaded.state.waiting.note(hasEventTimes: identity.schema.time != nil) {
        notes.append(.notice(note))
      }
      live = loaded.live
      model = loaded.model
      state = loaded.state
      snapshot = manifest.id
      truncatesQuarantine =
        manifest.rollback == nil && recovered.damage == nil && recovered.position == manifest.position
        && recovered.journal == nil && recovered.skips == manifest.skips
      self.notes = notes
      damage = recovered.damage
    } else {
      let (model, live) = try LoadedLearning.makeModel(identity) { (_) throws(SnapshotProblem) in }
      self.model = model
      self.live = live
      state = LearnerState(identity, settings)
      snapshot = nil
      truncatesQuarantine = true
      notes = []
      damage = nil
    }
    condition = LearningCondition(store.learningState)
  }
}

/// A model and a learner's state, loaded from a snapshot.
struct LoadedLearning {
  var model: Handover<Model>
  var live: LiveModel
  var state: LearnerState

  /// Whether the snapshot had learned nothing, and nothing of its model was taken.
  let isBlank: Bool

  /// Loads a snapshot. One that was learned under another schema, or has another shape, is refused, unless it has learned
  /// nothing: such a one fits whatever is configured, and only its position and its counts go on.
  static func load(
    _ snapshot: LoadedSnapshot, position: SourcePosition?, skips: [SkippedRange], identity: LearningIdentity,
    settings: LearningSettings
  ) throws(SnapshotProblem) -> LoadedLearning {
    func load(isBlank: Bool) throws(SnapshotProblem) -> LoadedLearning {
      try LoadedLearning(
        snapshot, position: position, skips: skips, identity: identity, settings: settings, isBlank: isBlank)
    }
    do throws(SnapshotProblem) {
      return try load(isBlank: false)
    } catch {
      guard error.kind == .incompatible, snapshot.manifest.eventsLearned == 0 else { throw error }
      let blank = try load(isBlank: true)
      // Events that wait for their labels have features of the schema that they came under.
      guard blank.state.rejected.total == snapshot.manifest.position?.recordsLearned ?? 0 else { throw error }
      return blank
    }
  }

  private init(
    _ snapshot: LoadedSnapshot, position: SourcePosition?, skips: [SkippedRange], identity: LearningIdentity,
    settings: LearningSettings, isBlank: Bool
  ) throws(SnapshotProblem) {
    self.isBlank = isBlank
    if !isBlank { try identity.check(snapshot.manifest) }
    var sections: [SnapshotSection] = []
    let lasting = [SectionName.counters, SectionName.quarantine, SectionName.deadLetters]
    for name in snapshot.sectionNames where !isBlank || lasting.contains(name) {
      if let section = try snapshot.section(name, upTo: 1) { sections.append(section) }
    }
    state = try LearnerState(
      sections: sections, fields: snapshot.manifest.model.layout.names, loss: snapshot.manifest.model.loss,
      position: position, skips: skips, identity: identity, settings: settings)
    if position == nil { state.journalStart = snapshot.manifest.rollback?.journal }
    let calibrator = state.calibrator
    (model, live) = try LoadedLearning.makeModel(identity) { (model) throws(SnapshotProblem) in
      if isBlank { return }
      try snapshot.restore(into: model)
      if let calibrator { model.calibrate(with: calibrator) }
      try model.restore(sections)
    }
  }

  /// Makes a model, fills it, and makes its live face.
  static func makeModel(
    _ identity: LearningIdentity, _ fill: (Model) throws(SnapshotProblem) -> Void
  ) throws(SnapshotProblem) -> (Handover<Model>, LiveModel) {
    do {
      let model = try Model(configuration: identity.model)
      try fill(model)
      let live = try LiveModel(model)
      return (Handover(model), live)
    } catch let problem as SnapshotProblem {
      throw problem
    } catch {
      throw SnapshotProblem(.misuse, "the model could not be made: \(error)")
    }
  }
}
