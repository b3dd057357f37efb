import AttentionalFM
import EventLoop
import FeatureEncoding
import Features
import LiveModel
import Observability
import ScoringAPI
import ScoringClient
import TestSupport
import Testing
import Threads

@testable import ScoringServer

/// A running server over a tiny model that has learned a few events, on sockets in a directory of its own.
final class Fixture: Sendable {
  let directory: TemporaryDirectory
  let server: ScoringServer
  let reference: LiveModelReference
  let commands = ScriptedCommands()
  let registry = Metrics(labels: ["model": "main"])
  let logged = Lock<[String]>([])

  var score: String { directory.path("score.sock") }
  var control: String { directory.path("control.sock") }

  init(
    loops: Int = 1, limits: ServerLimits = ServerLimits(), calibration: CalibrationSettings? = nil
  ) throws {
    directory = try TemporaryDirectory()
    let schema = Schema(
      features: [
        FieldDefinition(name: "carrier"), FieldDefinition(name: "origin"),
        FieldDefinition(name: "tags", kind: .list()), FieldDefinition(name: "distance", kind: .numeric()),
      ])
    reference = LiveModelReference(try LiveModel(try Self.trained(schema, calibration)))
    let logged = logged
    server = try ScoringServer(
      ServerSettings(
        score: .path(directory.path("score.sock"), SocketPermissions(mode: 0o660)),
        control: .path(directory.path("control.sock"), SocketPermissions(mode: 0o600)), loops: loops, limits: limits),
      model: ServedModel(
        name: "main", schema: schema, reference: reference, lineage: { 41 },
        newestEventTime: { nil }),
      commands: commands, registry: registry,
      log: Log(level: .info) { line in logged.withLock { $0.append(line) } })
  }

  deinit {
    server.stop(graceMilliseconds: 200)
  }

  /// A model that has learned 300 events with the features of the tests.
  private static func trained(_ schema: Schema, _ calibration: CalibrationSettings?) throws -> Model {
    let model = try Model(
      configuration: ModelConfiguration(
        layout: schema.layout, embeddingSize: 8, attentionSize: 4, fieldPairWeights: true, tableSlots: 1 << 10,
        calibration: calibration))
    let learner = OnlineLearner(model)
    var calibrator = calibration.map { Calibrator($0) }
    let decoder = try EventDecoder(schema)
    var features: [Feature] = []
    for number in 0..<300 {
      let carrier = ["UA", "AA", "DL"][number % 3]
      let origin = ["JFK", "LGA"][number / 3 % 2]
      features.removeAll()
      let event = try decoder.decode(
        "{\"carrier\":\"\(carrier)\",\"origin\":\"\(origin)\",\"tags\":[\"t\(number % 5)\",\"u\"],"
          + "\"distance\":\(Double(number % 7) / 10),\"label\":\(number % 3 == 0 ? 1 : 0)}",
        into: &features)
      let raw = features.withUnsafeBufferPointer { learner.step($0, label: event.label).prediction.raw }
      calibrator?.learn(raw: raw, label: event.label, importance: 1)
    }
    if let calibrator { model.calibrate(with: calibrator) }
    return model
  }

  /// The events it has learned.
  static let eventsLearned: UInt64 = 300

  /// An instance whose features are all known.
  static let instance = #"{"carrier":"UA","origin":"JFK","tags":["t1","u"],"distance":0.3}"#
}

/// Operators' commands that answer from a thread of their own, at once or when the test lets them.
final class ScriptedCommands: OperatorCommands {
  private struct State: Sendable {
    var notReady: String?
    var isHeld = false
    var held: [@Sendable () -> Void] = []
    var asked: [String] = []
  }

  private let state = Monitor(State())

  /// What was asked so far.
  var asked: [String] { state.read { $0.asked } }

  /// Makes the daemon not ready, or ready again.
  func setNotReady(_ reason: String?) { state.update { $0.notReady = reason } }

  /// Keeps answers back from now on.
  func hold() { state.update { $0.isHeld = true } }

  /// Gives the answers that were kept back, once there are so many.
  func release(_ count: Int = 1) {
    let held = state.wait(milliseconds: 20_000) { state -> [@Sendable () -> Void]? in
      guard state.held.count >= count else { return nil }
      state.isHeld = false
      let held = state.held
      state.held = []
      return held
    }
    for answer in held ?? [] { answer() }
  }

  func readiness() -> Readiness {
    state.read { $0.notReady }.map { .notReady($0) } ?? .ready
  }

  private func answer<Value: Sendable>(
    _ name: String, _ result: Result<Value, Problem>, _ completion: @escaping CommandCompletion<Value>
  ) {
    let isHeld = state.update { state in
      state.asked.append(name)
      if state.isHeld { state.held.append { completion(result) } }
      return state.isHeld
    }
    if !isHeld { DedicatedThread(name: "answer") { completion(result) }.join() }
  }

  private func summary(_ id: UInt64, pinned: Bool = false) -> SnapshotSummary {
    SnapshotSummary(
      id: id, parent: id > 1 ? id - 1 : nil, created: "2024-01-01T00:00:00Z", reason: "request", eventsLearned: 300,
      base: id > 1 ? id - 1 : nil, bytes: 1000, bytesWritten: 10, rows: 3, files: 2, pinned: pinned, current: true,
      abandoned: false, loss: .nan)
  }

  func status(_ completion: @escaping CommandCompletion<StatusReport>) {
    let figures = ProgressiveFigures(
      events: 300, loss: 0.25, normalizedEntropy: .infinity, areaUnderCurve: 0.75, calibration: 1, attentionEntropy: 1,
      unknownShare: 0, served: ServedFigures(events: 30, loss: 0.5, modelLoss: nil),
      ranking: RankingFigures(events: 6, hitRate: 0.5, ndcg: .nan))
    let slice = SliceReport(
      field: "carrier", values: [SliceValueReport(value: "UA", figures: figures)], others: figures, missing: figures)
    answer(
      "status",
      .success(
        StatusReport(
          model: "main", version: "1.0", process: 1, uptimeSeconds: 2.5, kernel: "x86-64-v3", arithmetic: "fused",
          learning: LearningStatus(state: .running),
          problems: [StandingProblemReport(code: "source", message: "no broker answers")], eventsLearned: 300,
          lineage: 41, eventTime: nil, stalenessSeconds: nil,
          waiting: WaitingEventsReport(
            events: 5, capacity: 1000, learnedEarly: 1, undated: 2, streamTime: 1_700_000_000_000,
            nextLabelTime: 1_700_000_000_500),
          calibration: CalibrationReport(kind: "platt", events: 300, scale: 0.9, shift: -0.1),
          sampling: SampledNegativesReport(negatives: 600, missed: 2, values: 80, capacity: 100, users: 20),
          progressive: ProgressiveReport(
            lossName: "log_loss", wholeRun: figures, window: nil, windowSize: 1000, slices: [slice]),
          source: SourceReport(
            kind: "kafka", identity: "cluster/topic", lag: 0, problem: nil,
            partitions: [PartitionReport(partition: 0, nextOffset: 300, recordsLearned: 300, lag: 0)]),
          records: RecordCounts(
            read: 301, learned: 300, rejected: 1, rejectedByReason: ["bad_json": 1], quarantineBytes: 20),
          table: TableReport(slots: 1024, claimed: 12, evicted: 0, dropped: 0),
          queue: QueueReport(batches: 0, capacity: 16),
          snapshots: SnapshotReport(
            newest: 41, created: "2024-01-01T00:00:00Z", bytes: 1000, files: 2, running: false, problem: nil),
          residentBytes: 1 << 20)), completion)
  }

  func snapshots(_ completion: @escaping CommandCompletion<SnapshotList>) {
    answer("snapshots", .success(SnapshotList(snapshots: [summary(40), summary(41)])), completion)
  }

  func takeSnapshot(_ request: SnapshotRequest, _ completion: @escaping CommandCompletion<SnapshotSummary>) {
    answer(request.full ? "full snapshot" : "snapshot", .success(summary(42)), completion)
  }

  func setPin(_ pinned: Bool, snapshot: UInt64, _ completion: @escaping CommandCompletion<SnapshotSummary>) {
    let known = snapshot <= 42
    answer(
      "\(pinned ? "pin" : "unpin") \(snapshot)",
      known ? .success(summary(snapshot, pinned: pinned)) : .failure(.notFound("there is no snapshot \(snapshot)")),
      completion)
  }

  func rollback(_ request: RollbackRequest, _ completion: @escaping CommandCompletion<RollbackReport>) {
    answer(
      "rollback \(request.snapshot) \(request.position.rawValue)",
      .success(
        RollbackReport(
          snapshot: 43, restored: request.snapshot, position: request.position, eventsLearned: 200,
          eventsAbandoned: 100, learning: LearningStatus(state: .paused, reason: "operator"))), completion)
  }

  func setLearning(_ request: LearningRequest, _ completion: @escaping CommandCompletion<LearningStatus>) {
    answer(
      "learning \(request.state) \(request.position ?? "-")",
      .success(LearningStatus(state: request.state)), completion)
  }

  func shutdown(_ completion: @escaping CommandCompletion<ShutdownReport>) {
    answer("shutdown", .success(ShutdownReport(eventsLearned: 300)), completion)
  }
}
