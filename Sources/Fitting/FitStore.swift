import AttentionalFM
import Foundation
import Learning
import ProgressiveValidation
import SnapshotStore

/// What is kept with the model of every epoch.
struct FitRecord: Codable, Sendable {
  var course: FitCourse
  var epochs: [EpochReport]
  /// For each epoch the snapshot that holds its model.
  var snapshots: [UInt64]
  var leastLabel: Float?
  var greatestLabel: Float?

  /// The place of the best epoch; nil before the first.
  var best: Int? { epochs.lastIndex(where: \.isBest) }
}

/// Where fitting keeps its models: those of the last and of the best epoch below `fit`, and at the end the best one as
/// the snapshot that a daemon starts from.
struct FitStore {
  /// The state directory of the outcome.
  let outcome: SnapshotStore
  /// The epochs' models.
  let work: SnapshotStore
  private let identity: LearningIdentity

  /// Opens, or makes, the directories.
  ///
  /// - Throws: where a daemon or another run uses them, or where there are snapshots and the run is a new one.
  init(_ settings: FitSettings, identity: LearningIdentity) throws(FitProblem) {
    self.identity = identity
    outcome = try translating { () throws(SnapshotProblem) in try SnapshotStore(stateDirectory: settings.output) }
    work = try translating { () throws(SnapshotProblem) in
      try SnapshotStore(stateDirectory: settings.output + "/fit")
    }
    if !settings.resumes, outcome.currentID != nil || work.currentID != nil {
      throw FitProblem(
        .settings,
        "\(settings.output) holds snapshots already; choose another directory, or go on with --resume where they are an "
          + "interrupted run's")
    }
  }

  /// The record and the model of the last epoch; nil where there is none.
  func resume(_ settings: FitSettings, into model: Model) throws(FitProblem) -> (FitRecord, LearnerState)? {
    guard let id = work.currentID else { return nil }
    let snapshot = try translating { () throws(SnapshotProblem) in try work.archive.load(id) }
    guard let embedded = snapshot.manifest.progressive else {
      throw FitProblem(.snapshot, "\(work.archive.directory) holds no epochs of a fit; choose another directory")
    }
    let record = try translating { () throws(SnapshotProblem) in try embedded.decode(FitRecord.self) }
    let differences = record.course.differences(from: settings.course)
    guard differences.isEmpty, record.epochs.count == record.snapshots.count + 1 else {
      throw FitProblem(
        .settings,
        "the run in \(settings.output) cannot go on, since it had others: \(differences.joined(separator: ", ")). Put "
          + "them back, or begin anew in another directory")
    }
    var resumed = record
    resumed.snapshots.append(id)
    let state = try restore(snapshot, into: model, settings)
    return (resumed, state)
  }

  /// Puts an epoch's model back, with the state that was kept with it.
  func restore(_ id: UInt64, into model: Model, _ settings: FitSettings) throws(FitProblem) -> LearnerState {
    let snapshot = try translating { () throws(SnapshotProblem) in try work.archive.load(id) }
    return try restore(snapshot, into: model, settings)
  }

  private func restore(
    _ snapshot: LoadedSnapshot, into model: Model, _ settings: FitSettings
  ) throws(FitProblem) -> LearnerState {
    try translating { () throws(SnapshotProblem) in
      try snapshot.restore(into: model)
      var sections: [SnapshotSection] = []
      for name in snapshot.sectionNames {
        if let section = try snapshot.section(name, upTo: 1) { sections.append(section) }
      }
      let state = try LearnerState(
        sections: sections, fields: snapshot.manifest.model.layout.names, loss: snapshot.manifest.model.loss,
        position: nil, skips: [], identity: identity, settings: LearningSettings(windowSize: settings.windowSize))
      if let calibrator = state.calibrator { model.calibrate(with: calibrator) }
      try model.restore(sections)
      return state
    }
  }

  /// Makes an epoch's model durable; of the earlier ones only the best stays.
  func keep(_ model: Model, _ state: LearnerState, _ record: inout FitRecord) throws(FitProblem) {
    let embedded = try translating { [record] () throws(SnapshotProblem) in try EmbeddedJSON(encoding: record) }
    let id = try write(model, state, into: work, progressive: embedded)
    record.snapshots.append(id)
    let best = record.best.map { record.snapshots[$0] }
    try translating { () throws(SnapshotProblem) in
      // Pinned first, and every time: a crash may have come between an epoch and its pin.
      if let best { try work.setPin(true, snapshot: best) }
      for other in try work.archive.ids() where other != best { try work.setPin(false, snapshot: other) }
      _ = try work.retain(last: 1)
    }
  }

  /// Writes the outcome: a snapshot that a daemon starts from, where it is told at which position.
  func publish(_ model: Model, _ state: LearnerState) throws(FitProblem) -> UInt64 {
    let overview = ProgressiveOverview(run: state.progressive.runSummary, lastWindow: state.progressive.lastWindow)
    let embedded = try translating { () throws(SnapshotProblem) in try EmbeddedJSON(encoding: overview) }
    return try write(model, state, into: outcome, progressive: embedded)
  }

  private func write(
    _ model: Model, _ state: LearnerState, into store: SnapshotStore, progressive: EmbeddedJSON
  ) throws(FitProblem) -> UInt64 {
    let facts = SnapshotFacts(
      reason: .fit, eventsLearned: model.eventsLearned, position: nil, model: model.configuration,
      schemaFingerprint: identity.schema.fingerprint, schema: identity.embeddedSchema, progressive: progressive,
      arithmetic: identity.kernels.arithmetic, software: identity.software)
    return try translating { () throws(SnapshotProblem) in
      let pending = try store.begin(ModelState(model), sections: state.sections + model.sections)
      do throws(SnapshotProblem) {
        var next: UInt64 = 0
        var segment = RowSegment(embeddingSize: model.table.embeddingSize, tableSlots: model.table.slotCount)
        while pending.rowsWritten < pending.rowCount {
          segment.removeAll()
          model.table.copyRows(from: &next, maximum: 4096, into: &segment)
          try pending.append(segment)
        }
        return try pending.finish(facts).id
      } catch {
        pending.discard()
        throw error
      }
    }
  }

  /// Puts the parameters of a snapshot into a fresh model.
  static func start(
    _ model: Model, from start: FitSettings.Start, identity: LearningIdentity
  ) throws(FitProblem) {
    let snapshot = try translating { () throws(SnapshotProblem) in
      let snapshot = try load(start.path)
      try identity.check(snapshot.manifest)
      return snapshot
    }
    let other = try modelling { () throws(ModelProblem) in try Model(configuration: snapshot.manifest.model) }
    try translating { () throws(SnapshotProblem) in try snapshot.restore(into: other) }
    try modelling { () throws(ModelProblem) in
      try model.start(from: other, keepingAccumulators: start.keepsAccumulators)
    }
  }

  /// A snapshot by its own directory, or the current one of a state directory.
  private static func load(_ path: String) throws(SnapshotProblem) -> LoadedSnapshot {
    let place = URL(fileURLWithPath: path).standardizedFileURL
    let parent = place.deletingLastPathComponent()
    if let id = UInt64(place.lastPathComponent), parent.lastPathComponent == "snapshots" {
      return try SnapshotArchive(stateDirectory: parent.deletingLastPathComponent().path).load(id)
    }
    let archive = SnapshotArchive(stateDirectory: place.path)
    guard let id = try archive.currentID() else {
      throw SnapshotProblem(
        .unknownSnapshot, "\(path) is neither a snapshot's directory nor a state directory with a current snapshot")
    }
    return try archive.load(id)
  }
}
