import AttentionalFM
import Configuration
import DurableFiles
import EventLoop
import EventSources
import FeatureEncoding
import Learning
import NegativeSampling
import Observability
import ScoringServer
import SnapshotStore
import Threads
import Version

extension Daemon {
  /// Opens the state directory, restores the model or makes a fresh one, and starts to learn.
  func startLearning(_ kernels: Kernels) throws(DaemonProblem) -> (SnapshotStore, LearningService) {
    let learningSettings = LearningSettings(settings)
    do {
      let store = try SnapshotStore(stateDirectory: settings.stateDirectory)
      for note in store.notes { log.recovery("state directory", note) }
      if beginsAnew, let aside = try store.beginAnew(with: StateFiles.ofTheModel) {
        log.warning("begun anew: what the state directory held was set aside", ["directory": aside])
      }
      let identity = try LearningIdentity(
        model: settings.model, schema: settings.schema, kernels: kernels, software: "afmd \(SoftwareVersion.number)")
      let recovered = try RecoveredLearning(from: store, identity: identity, settings: learningSettings)
      let learning = LearningService(
        settings: learningSettings, identity: identity, store: store, recovered: recovered,
        decoder: try EventDecoder(settings.schema, format: settings.source.format),
        files: try Self.makeFiles(settings, log: log),
        metrics: metrics, log: log, makeSource: SourceAssembly.factory(settings, log: log))
      return (store, learning)
    } catch let problem as SnapshotProblem {
      throw DaemonProblem(problem)
    } catch let problem as FileProblem {
      throw DaemonProblem(.inputOutput, "\(problem)")
    } catch let problem as JournalProblem {
      throw DaemonProblem(.inputOutput, "\(problem)")
    } catch {
      throw DaemonProblem(.configuration, "\(error)")
    }
  }

  /// The files, and the topic, that the learner writes beside snapshots.
  private static func makeFiles(_ settings: DaemonSettings, log: Log) throws -> sending LearnerFiles {
    let directory = settings.stateDirectory
    let quarantine =
      settings.quarantine.maximumBytes == 0
      ? nil
      : try Quarantine(
        path: directory + "/" + StateFiles.quarantine, limit: UInt64(clamping: settings.quarantine.maximumBytes))
    for damage in quarantine?.damage ?? [] { log.error("quarantine", ["problem": damage]) }
    guard case .kafka(let kafka) = settings.source.place else { return LearnerFiles(quarantine: quarantine) }
    let deadLetterDirectory = directory + "/dead_letters"
    let deadLetters = try kafka.deadLetterTopic.map { topic in
      try DeadLetters(
        topic: topic, source: kafka.topic, directory: deadLetterDirectory,
        limit: UInt64(clamping: settings.deadLetters.spillBytes),
        properties: SourceAssembly.producerProperties(kafka.properties), notify: SourceAssembly.notices(to: log))
    }
    if deadLetters == nil, DeadLetters.mayWait(in: deadLetterDirectory) {
      log.warning(
        "dead letters wait to be delivered, and `source.kafka.dead_letter_topic` names no topic; name it, or remove "
          + "the directory", ["directory": deadLetterDirectory])
    }
    let journal = try OrderJournal(
      directory: directory + "/" + StateFiles.journal,
      sizeLimit: settings.snapshots.journalLimit.map { UInt64(clamping: $0) })
    for damage in journal.damage { log.error("order journal", ["problem": damage]) }
    for note in journal.cutShort { log.notice("order journal", ["note": note]) }
    return LearnerFiles(journal: journal, quarantine: quarantine, deadLetters: deadLetters)
  }

  /// Opens the sockets.
  func startServer(_ learning: LearningService, _ desk: OperatorDesk) throws(DaemonProblem) -> ScoringServer {
    let sockets = settings.sockets
    let model = ServedModel(
      name: settings.modelName, schema: settings.schema, reference: learning.reference,
      isRelative: settings.negativeSampling != nil, lineage: { learning.currentSnapshot },
      newestEventTime: { learning.newestEventTime })
    do {
      let limits = ServerLimits(
        bodyBytes: sockets.limits.bodyBytes, instances: sockets.limits.instances,
        candidates: sockets.limits.candidates, connections: sockets.limits.connections,
        idleMilliseconds: UInt64(clamping: sockets.limits.idleTimeout.milliseconds))
      let server = ServerSettings(
        score: try place(sockets.score, "score"), control: try place(sockets.control, "control"),
        loops: sockets.eventLoops, limits: limits)
      return try ScoringServer(server, model: model, commands: desk, registry: metrics, log: log)
    } catch {
      throw DaemonProblem(.unavailable, "the sockets could not be opened: \(error)")
    }
  }

  /// A socket that the service manager passed on, else the one of the settings.
  private func place(_ socket: SocketSettings, _ name: String) throws -> SocketPlace {
    if let inherited = manager.inheritedSocket(named: name) { return .inherited(descriptor: inherited.descriptor) }
    return .path(
      socket.path,
      try SocketPermissions(mode: socket.mode, ownerName: socket.owner, groupName: socket.group))
  }

  /// Ends learning and waits for its threads.
  func end(_ learning: LearningService, takingSnapshot: Bool) throws(DaemonProblem) {
    let outcome = Monitor<Result<Void, LearningProblem>?>(nil)
    learning.stop(takingSnapshot: takingSnapshot) { result in outcome.update { $0 = result } }
    let result = outcome.wait { $0 }
    learning.join()
    if case .failure(let problem)? = result {
      throw DaemonProblem(.inputOutput, "the last snapshot could not be taken: \(problem)")
    }
  }
}

extension DaemonProblem {
  init(_ problem: SnapshotProblem) {
    let code: ExitCode =
      switch problem.kind {
      case .file, .unreadable: .inputOutput
      case .locked, .replaced: .unavailable
      case .damaged, .noGoodSnapshot, .notFinite, .unknownSnapshot, .superseded: .badData
      case .unsupported, .incompatible: .configuration
      case .misuse: .software
      }
    self.init(code, problem.message)
  }
}

extension LearningSettings {
  init(_ settings: DaemonSettings) {
    self.init(
      recordsPerBatch: settings.threads.batchRecords, queueBatches: settings.threads.queueBatches,
      windowSize: settings.progressiveValidation.windowSize, slices: settings.progressiveValidation.slices,
      sliceValues: settings.progressiveValidation.sliceValues,
      labelDelay: settings.lateLabels.delay.map { Int64(clamping: $0.milliseconds) },
      waitingEvents: settings.lateLabels.waitingEvents,
      negativeSampling: settings.negativeSampling.map {
        NegativeSamplingSettings($0, settings.progressiveValidation)
      }, snapshotEveryEvents: settings.snapshots.everyEvents,
      snapshotEverySeconds: settings.snapshots.every?.seconds,
      increments: IncrementPolicy(
        isOn: settings.snapshots.incremental, maximumShare: settings.snapshots.fullAfterShare,
        maximumCount: settings.snapshots.fullAfterCount),
      retainedSnapshots: settings.snapshots.keep,
      keepsWholeJournal: settings.snapshots.journal == .whole,
      onMissingPosition: SourceAssembly.policy(settings.source.onMissingPosition),
      learnerNice: settings.threads.learnerNice, ingestNice: settings.threads.ingestNice)
  }
}

extension NegativeSamplingSettings {
  init(_ settings: ImplicitFeedbackSettings, _ validation: ProgressiveValidationSettings) {
    self.init(
      field: settings.field, companions: settings.with, user: settings.user,
      sampling: SamplingSettings(
        negatives: settings.negatives, reservoir: settings.reservoir, power: settings.power, users: settings.users,
        recent: settings.recent),
      rankingCandidates: validation.rankingCandidates, rankingEvery: UInt64(max(1, validation.rankingEvery)))
  }
}

extension StatusAssembly {
  init(_ settings: DaemonSettings, kernels: Kernels, startedAt: Double) {
    let kind: SourceKind =
      switch settings.source.place {
      case .kafka: .kafka
      case .file: .file
      case .standardInput: .stdin
      }
    self.init(
      modelName: settings.modelName, loss: settings.model.loss,
      windowSize: settings.progressiveValidation.windowSize, kernels: kernels, sourceKind: kind.rawValue,
      startedAt: startedAt)
  }
}
