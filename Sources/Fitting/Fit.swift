import AttentionalFM
import Features
import Learning
import ProgressiveValidation
import SnapshotStore

/// Learns a model from files: epochs over the training files, judged by the validation files, until told or no longer
/// better; the best epoch's model becomes a snapshot that a daemon starts from.
///
/// One event a batch, one epoch and no shuffling give the model that the daemon learns from the same file, byte for
/// byte. After every epoch all that is needed is durable, so that an interrupted run goes on and ends with the same
/// bytes. Used on one thread.
public final class Fit {
  private let settings: FitSettings
  private let notify: (FitNotice) -> Void
  private let isCancelled: () -> Bool
  private let identity: LearningIdentity
  private let store: FitStore
  private let training: EventSet
  private let validation: EventSet
  private let judgedSets: [(file: String, events: EventSet)]
  private var record: FitRecord
  private var model: Model
  private var state: LearnerState
  private let kernels = Kernels.preferred
  private let clock = ContinuousClock()
  private var nextProgress = ContinuousClock().now

  /// Prepares a run: opens the directory, and goes back to the last epoch of an interrupted one.
  ///
  /// - Parameters:
  ///   - settings: what to do.
  ///   - isCancelled: asked between batches; once it says yes, the run ends.
  ///   - notify: takes what there is to tell.
  /// - Throws: why the run cannot begin.
  public init(
    _ settings: FitSettings, isCancelled: @escaping () -> Bool = { false },
    notify: @escaping (FitNotice) -> Void = { _ in }
  ) throws(FitProblem) {
    self.settings = settings
    self.isCancelled = isCancelled
    self.notify = notify
    guard !settings.trainingFiles.isEmpty, settings.epochs > 0, settings.batchSize > 0 else {
      throw FitProblem(.settings, "fitting needs a training file, at least one epoch and at least one event a batch")
    }
    if settings.patience != nil, settings.validationFiles.isEmpty {
      throw FitProblem(.settings, "patience needs a validation file: it counts epochs without a better validation loss")
    }
    if settings.trained == .attention, settings.model.kind != .afm {
      throw FitProblem(.settings, "a model of kind \(settings.model.kind.rawValue) has no attention network to train")
    }
    if settings.model.loss == .ranking {
      throw FitProblem(
        .settings,
        "loss: ranking needs negatives that are drawn, which the daemon does for a stream; files are fitted "
          + "as they are")
    }
    if settings.model.forgetting != nil, settings.batchSize > 1 || settings.trained != .all {
      throw FitProblem(
        .settings,
        "learning.forgetting goes by the times of single events: fit with --batch 1 and all parameters, or without it")
    }
    if settings.model.forgetting != nil, settings.shuffles {
      throw FitProblem(
        .settings,
        "learning.forgetting goes by a clock that never goes back: fit in the files' order with --no-shuffle, or "
          + "without it")
    }
    let (software, schema, model) = (settings.software, settings.schema, settings.model)
    identity = try translating { () throws(SnapshotProblem) in
      try LearningIdentity(model: model, schema: schema, software: software)
    }
    training = try EventSet(
      files: settings.trainingFiles, settings: settings, memoryLimit: settings.memoryLimit)
    validation = try EventSet(
      files: settings.validationFiles, settings: settings, memoryLimit: settings.memoryLimit / 4)
    judgedSets = try settings.judgedFiles.map { (file) throws(FitProblem) in
      (file, try EventSet(files: [file], settings: settings, memoryLimit: settings.memoryLimit / 4))
    }
    store = try FitStore(settings, identity: identity)
    self.model = try modelling { () throws(ModelProblem) in try Model(configuration: model) }
    state = LearnerState(identity, LearningSettings(windowSize: settings.windowSize))
    record = FitRecord(course: settings.course, epochs: [], snapshots: [])
    if settings.resumes, let (record, state) = try store.resume(settings, into: self.model) {
      self.record = record
      self.state = state
    } else if let start = settings.start {
      try FitStore.start(self.model, from: start, identity: identity)
    }
  }

  /// Learns, and writes the snapshot.
  ///
  /// - Throws: why there is none; `cancelled` where the run was told to end.
  public func run() throws(FitProblem) -> FitReport {
    if !isOver { try load() }
    while !isOver { try learnEpoch() }
    guard let best = record.best else {
      throw FitProblem(.data, "no epoch was learned")
    }
    if best < record.epochs.count - 1 {
      let fresh = try modelling { () throws(ModelProblem) in try Model(configuration: settings.model) }
      state = try store.restore(record.snapshots[best], into: fresh, settings)
      model = fresh
    }
    var test: ProgressiveSummary?
    if !settings.testFiles.isEmpty {
      let set = try EventSet(files: settings.testFiles, settings: settings, memoryLimit: 0)
      test = try evaluate(set, "what is given for the test")
    }
    let snapshot = try store.publish(model, state)
    return FitReport(
      directory: settings.output, snapshot: snapshot, eventsLearned: model.eventsLearned,
      bestEpoch: record.epochs[best].epoch, ended: hasLostPatience ? .patience : .epochs,
      rejected: state.rejected.total,
      epochs: record.epochs, test: test)
  }

  private var hasLostPatience: Bool {
    guard let patience = settings.patience, let best = record.best else { return false }
    return record.epochs.count - 1 - best >= patience
  }

  private var isOver: Bool { record.epochs.count >= settings.epochs || hasLostPatience }

  /// Reads the files into memory, where later passes need them and there is room.
  private func load() throws(FitProblem) {
    let start = clock.now
    if settings.shuffles || settings.epochs > 1 {
      try training.load { (count) throws(FitProblem) in try tell(count, total: nil, epoch: 0, since: start, loss: nil) }
      if settings.shuffles, !training.isResident {
        throw FitProblem(
          .data,
          "the training events take more than \(settings.memoryLimit) bytes in memory, and an order of their own for "
            + "every epoch needs them there; raise --memory, or take the files' order with --no-shuffle, which reads the "
            + "files again for every epoch")
      }
      if !training.isResident {
        notify(.note("the training events do not fit into memory: every epoch reads the files"))
      }
    }
    guard settings.epochs > 1 else { return }
    for set in judgedSets.map(\.events) + (settings.validationFiles.isEmpty ? [] : [validation]) {
      try set.load { (count) throws(FitProblem) in try tell(count, total: nil, epoch: 0, since: start, loss: nil) }
    }
  }

  private func learnEpoch() throws(FitProblem) {
    let epoch = record.epochs.count + 1
    let start = clock.now
    let order =
      settings.shuffles
      ? Shuffling.order(count: training.count ?? 0, seed: settings.model.seed, epoch: epoch) : nil
    let learner = BatchLearner(
      model, training: settings.trained, batchSize: settings.batchSize, kernels: kernels)
    let online = settings.model.forgetting.map { _ in OnlineLearner(model, kernels: kernels) }
    var judged = ProgressiveValidation(loss: settings.model.loss, windowSize: settings.windowSize)
    var learned = 0
    // What was learned before is predicted too well to calibrate by: that is left to whoever learns on.
    if epoch == 2, let settings = settings.model.calibration { calibrate(with: Calibrator(settings)) }
    try training.forEachBatch(of: settings.batchSize, order: order) { (events, features) throws(FitProblem) in
      if online == nil { learner.step(events, features: features) }
      let steps = online?.steps(events, features: features) ?? learner.steps
      for (event, step) in zip(events, steps) {
        guard step.outcome == .applied else {
          if epoch == 1 { state.rejected[.notFiniteGradient] &+= 1 }
          continue
        }
        let raw = model.calibrated(step.prediction.raw)
        let tail = raw == step.prediction.raw ? step.tail : settings.model.loss.tail(raw: raw + event.offset)
        judged.record(event, step.prediction, raw: raw, tail: tail)
        // Progressive validation proper: only in the first epoch is an event predicted before it was ever learned.
        if epoch == 1 {
          state.progressive.record(event, step.prediction, raw: raw, tail: tail)
          // Epochs are compared by what the model itself says, so only a single one calibrates.
          if settings.epochs == 1,
            state.calibrator?.learn(raw: step.prediction.raw, label: event.label, importance: event.importance)
              == true,
            let calibrator = state.calibrator
          {
            model.calibrate(with: calibrator)
          }
        }
      }
      learned += events.count
      try tell(learned, total: training.count, epoch: epoch, since: start, loss: judged.runSummary.loss)
    }
    if epoch == 1 { countRejected() }
    guard judged.runSummary.events > 0 else {
      throw FitProblem(
        .data,
        "nothing in the training files could be learned"
          + (training.firstRejection.map { "; the first record that was rejected: \($0)" } ?? ""))
    }
    if let labels = training.labels {
      (record.leastLabel, record.greatestLabel) = (labels.lowerBound, labels.upperBound)
    }
    let summary = settings.validationFiles.isEmpty ? nil : try evaluate(validation, "what is given for validation")
    guard let loss = judged.runSummary.loss, loss.isFinite, summary?.loss?.isFinite ?? true else {
      throw FitProblem(.notFinite, "the loss of epoch \(epoch) is not finite; lower the rates")
    }
    let judgedFiles = try judgedSets.map { (file, events) throws(FitProblem) in
      JudgedFile(file: file, summary: try evaluate(events, file))
    }
    let least = record.epochs.compactMap { $0.validation?.loss }.min()
    let report = EpochReport(
      epoch: epoch, seconds: (clock.now - start).inSeconds, training: judged.runSummary, validation: summary,
      judged: judgedFiles.isEmpty ? nil : judgedFiles,
      isBest: summary?.loss.map { $0 < least ?? .infinity } ?? true)
    record.epochs.append(report)
    try store.keep(model, state, &record)
    notify(.epoch(report))
  }

  private func calibrate(with calibrator: Calibrator) {
    state.calibrator = calibrator
    model.calibrate(with: calibrator)
  }

  private func countRejected() {
    for reason in RejectedFor.allCases { state.rejected[reason] &+= training.rejected[reason] }
    if let first = training.firstRejection {
      notify(.note("\(training.rejected.total) records were rejected; the first: \(first)"))
    }
  }

  /// Judges the model by files that it does not learn; for squared loss predictions are held to the range of the
  /// training labels, as is usual.
  private func evaluate(_ set: EventSet, _ name: String) throws(FitProblem) -> ProgressiveSummary {
    let predictor = OnlineLearner(model, kernels: kernels)
    let isHeld = settings.model.loss == .squared
    let (least, greatest) = (record.leastLabel ?? -.infinity, record.greatestLabel ?? .infinity)
    var judged = ProgressiveValidation(loss: settings.model.loss, windowSize: settings.windowSize)
    try set.forEachBatch(of: 512) { (events, features) throws(FitProblem) in
      for event in events {
        let prediction = predictor.predict(UnsafeBufferPointer(rebasing: features[event.features]))
        let raw = isHeld ? min(max(prediction.raw, least), greatest) : model.calibrated(prediction.raw)
        judged.record(event, prediction, raw: raw, tail: settings.model.loss.tail(raw: raw + event.offset))
      }
      if isCancelled() { throw cancelled }
    }
    guard judged.runSummary.events > 0 else {
      throw FitProblem(
        .data,
        "\(name) holds no event that can be used"
          + (set.firstRejection.map { "; the first record that was rejected: \($0)" } ?? ""))
    }
    return judged.runSummary
  }

  private var cancelled: FitProblem {
    FitProblem(
      .cancelled,
      record.epochs.isEmpty
        ? "interrupted before an epoch was finished; nothing is kept"
        : "interrupted; epoch \(record.epochs.count) is kept, and the same command with --resume goes on after it")
  }

  /// Tells how far it is, some times a second; ends the run where it was told to.
  private func tell(
    _ events: Int, total: Int?, epoch: Int, since start: ContinuousClock.Instant, loss: @autoclosure () -> Double?
  ) throws(FitProblem) {
    if isCancelled() { throw cancelled }
    let now = clock.now
    guard now >= nextProgress else { return }
    nextProgress = now + .milliseconds(200)
    notify(
      .progress(
        FitProgress(
          epoch: epoch, epochs: settings.epochs, events: events, total: total, seconds: (now - start).inSeconds,
          loss: loss())))
  }
}

extension ProgressiveValidation {
  /// Records what was said of an event before it was learned.
  fileprivate mutating func record(_ event: BatchEvent, _ prediction: Prediction, raw: Float, tail: Double) {
    record(
      raw: raw + event.offset, label: event.label, importance: event.importance, known: prediction.known,
      unknown: prediction.unknown, entropy: prediction.pairs > 1 ? prediction.attentionEntropy : .nan,
      tail: tail)
  }
}

extension Duration {
  /// Seconds with their fraction.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
