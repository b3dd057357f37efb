import AttentionalFM
import Configuration
import Glibc
import Kafka
import Learning
import Observability
import ScoringServer
import SnapshotStore
import Supervision
import Version

/// The daemon: makes its parts, lets them run, and ends them in order.
///
/// Parts are made from the bottom up (state directory, model, learning, sockets), so that the first request finds a
/// model that is whole; they are ended from the top down (sockets, learning with its last snapshot).
public final class Daemon {
  let settings: DaemonSettings
  let manager: ServiceManager
  let log: Log
  let metrics: Metrics
  let beginsAnew: Bool
  private let signals: ProcessSignals
  private let wantedKernel: String?

  /// Prepares a daemon; nothing is opened yet. Call it before any thread is started, since the signals that end the
  /// daemon are blocked here.
  ///
  /// - Parameters:
  ///   - settings: the settings.
  ///   - environment: the environment of the process.
  ///   - beginsAnew: whether what the state directory holds is set aside for a fresh model.
  public init(_ settings: DaemonSettings, environment: [String: String], beginsAnew: Bool = false) {
    self.settings = settings
    self.beginsAnew = beginsAnew
    signals = ProcessSignals()
    wantedKernel = environment["AFM_KERNEL"]
    manager = ServiceManager(environment: environment)
    log = Log(level: settings.log.level, format: settings.log.format.resolved(environment: environment))
    metrics = Metrics(labels: ["model": settings.modelName])
    metrics.registerProcess()
  }

  /// Runs until a signal or an operator ends it.
  ///
  /// - Throws: why it could not start, or why the last snapshot is missing.
  public func run() throws(DaemonProblem) {
    log.notice(
      "afmd starts",
      ["version": SoftwareVersion.number, "model": settings.modelName, "librdkafka": KafkaLibrary.version])
    let kernels = try chooseKernels()
    metrics.registerBuild(
      version: SoftwareVersion.number, arithmetic: kernels.arithmetic, kernel: kernels.name)
    log.notice("arithmetic", ["kernel": kernels.name, "multiply_add": kernels.arithmetic])
    let memory = MemoryEstimate(settings)
    log.notice("memory", ["bytes": memory.bytes, "during_rollback": memory.bytes &+ memory.rollbackBytes])
    if memory.bytes > ResourceLimits.physicalMemory {
      log.warning(
        "the settings take more memory than the machine has; lower learning.table.slots",
        ["bytes": memory.bytes, "machine": ResourceLimits.physicalMemory])
    }
    log.debug("file descriptors", ["limit": ResourceLimits.raiseDescriptors()])

    let (store, learning) = try startLearning(kernels)
    let desk = OperatorDesk(
      learning: learning, store: store,
      assembly: StatusAssembly(settings, kernels: kernels, startedAt: StatusAssembly.wallClock()),
      maximumLag: settings.sockets.readyMaximumLag, onShutdown: { kill(getpid(), SIGTERM) })
    let server: ScoringServer
    do throws(DaemonProblem) {
      server = try startServer(learning, desk)
    } catch {
      try? end(learning, takingSnapshot: false)
      desk.close()
      throw error
    }
    manager.notify(.ready, .status("serving"))
    log.notice("ready", ["score": settings.sockets.score.path, "control": settings.sockets.control.path])

    waitUntilAskedToEnd(learning, store)

    manager.notify(.stopping, .status("taking the last snapshot"))
    server.stop()
    defer { desk.close() }
    try end(learning, takingSnapshot: settings.snapshots.onShutdown)
    log.notice("afmd ends", ["events_learned": learning.report.eventsLearned])
  }

  /// The kernels that the environment names, else the fastest.
  private func chooseKernels() throws(DaemonProblem) -> Kernels {
    guard let wantedKernel, !wantedKernel.isEmpty else { return .preferred }
    guard let kernels = Kernels(named: wantedKernel) else {
      let there = Kernels.available.map(\.name).joined(separator: ", ")
      throw DaemonProblem(
        .configuration, "AFM_KERNEL is '\(wantedKernel)', which this machine cannot run; it can run \(there)")
    }
    return kernels
  }

  /// Waits for a signal; meanwhile gives the service manager signs of life, as long as the learner gives them.
  private func waitUntilAskedToEnd(_ learning: LearningService, _ store: SnapshotStore) {
    let interval = manager.watchdogTimeout.map { max(1, Int(clamping: $0.milliseconds) / 3) } ?? 5_000
    let pulse = Pulse()
    pulse.ask(learning)
    var isInPlace = true
    while true {
      switch signals.wait(milliseconds: interval) {
      case SIGHUP?:
        log.warning("SIGHUP is ignored: settings are read at a start; restart the daemon to change them")
      case let signal?:
        log.notice("asked to end", ["signal": signal == SIGINT ? "SIGINT" : "SIGTERM"])
        return
      case nil: break
      }
      tellPlace(store, &isInPlace)
      guard pulse.isAnswered else { continue }
      let report = learning.report
      manager.notify(.watchdog, .status(statusLine(report)))
      pulse.ask(learning)
    }
  }

  /// Says that the state directory was moved away, and that it is back: a daemon that is paused does not come across it.
  private func tellPlace(_ store: SnapshotStore, _ isInPlace: inout Bool) {
    guard store.checkPlace() != isInPlace else { return }
    isInPlace.toggle()
    if let problem = store.placeProblem {
      log.error("state directory", ["problem": problem])
    } else {
      log.notice("the state directory is back in its place")
    }
  }

  private func statusLine(_ report: LearningReport) -> String {
    let loss = (report.lastWindow ?? report.run)?.loss.map { ", loss \($0)" } ?? ""
    switch report.condition {
    case .running: return "\(report.eventsLearned) events learned\(loss)"
    case .paused: return "paused at \(report.eventsLearned) events"
    case .stopped(_, let detail): return "learning stopped: \(detail)"
    }
  }
}
