import AttentionalFM
import EventSources
import FeatureEncoding
import Features
import Foundation
import Observability
import TestSupport
import Threads

@testable import Learning
@testable import SnapshotStore

/// What a test gives up on.
struct TestFailure: Error, CustomStringConvertible {
  var description: String
}

/// A learning service over a state directory and a log in memory, driven through its real threads.
final class Harness {
  static let schema = Schema(
    importance: "importance", time: TimeDefinition(path: "time", format: .milliseconds), servedScore: "served",
    features: [
      FieldDefinition(name: "user"), FieldDefinition(name: "item"), FieldDefinition(name: "hour"),
    ])

  /// A small table, so that features are evicted, and dropout, so that the event number matters.
  static let configuration = ModelConfiguration(
    layout: schema.layout, embeddingSize: 4, attentionSize: 3, dropout: 0.2, tableSlots: 128)

  /// Longer than any test can take on a machine that works.
  static let patience = 120_000

  /// What lives until `stop` or `kill`, which let go of the state directory's lock.
  private var alive: (service: LearningService, store: SnapshotStore)?
  private(set) var lastReport = LearningReport()
  /// Held, so that it is not removed under the service.
  private let directory: TemporaryDirectory
  let archive: SnapshotArchive
  let control: MemorySourceControl
  let decoder: EventDecoder
  let metrics = Metrics()

  init(
    _ directory: TemporaryDirectory, _ log: MemoryLog, control: MemorySourceControl = MemorySourceControl(),
    seed: UInt64 = 1, settings: LearningSettings = Harness.settings(), schema: Schema = Harness.schema,
    calibration: CalibrationSettings? = nil, forgetting: ForgettingSettings? = nil, loss: Loss = .logistic,
    tableSlots: Int = 128, journalLimit: UInt64? = nil,
    failpoint: (@Sendable (SnapshotStep) throws(SnapshotProblem) -> Void)? = nil, makeSource: SourceFactory? = nil
  ) throws {
    self.control = control
    self.directory = directory
    decoder = try EventDecoder(schema)
    var configuration = Harness.configuration
    configuration.layout = schema.layout
    configuration.calibration = calibration
    configuration.loss = loss
    configuration.tableSlots = tableSlots
    configuration.forgetting = forgetting
    let identity = try LearningIdentity(model: configuration, schema: schema, software: "test")
    let store = try SnapshotStore(stateDirectory: directory.path, failpoint: failpoint)
    let recovered = try RecoveredLearning(from: store, identity: identity, settings: settings)
    let files = LearnerFiles(
      journal: log.partitions.count > 1
        ? try OrderJournal(directory: directory.path("journal"), sizeLimit: journalLimit) : nil,
      quarantine: try Quarantine(path: directory.path("quarantine")))
    archive = store.archive
    let service = LearningService(
      settings: settings, identity: identity, store: store, recovered: recovered,
      decoder: try EventDecoder(schema), files: files, metrics: metrics, log: .silent,
      makeSource: makeSource ?? { MemorySource(log, control: control, seed: seed) })
    alive = (service, store)
  }

  var service: LearningService {
    guard let alive else { preconditionFailure("this harness was stopped") }
    return alive.service
  }

  static func settings(
    everyEvents: UInt64? = nil, queueBatches: Int = 3, recordsPerBatch: Int = 20, retained: Int? = nil,
    keepsWholeJournal: Bool = true
  ) -> LearningSettings {
    LearningSettings(
      recordsPerBatch: recordsPerBatch, queueBatches: queueBatches, windowSize: 70, snapshotEveryEvents: everyEvents,
      snapshotEverySeconds: nil, increments: IncrementPolicy(maximumShare: 100, maximumCount: 5),
      retainedSnapshots: retained, keepsWholeJournal: keepsWholeJournal, snapshotRetrySeconds: 0,
      sourceRetrySeconds: 0, learnerNice: 0, ingestNice: 0)
  }

  /// Waits for the outcome of a command.
  func wait<Value: Sendable>(_ start: (@escaping LearningCompletion<Value>) -> Void) throws -> Value {
    let result = Monitor<Result<Value, LearningProblem>?>(nil)
    start { value in result.update { $0 = value } }
    guard let value = result.wait(milliseconds: Harness.patience, until: { $0 }) else {
      throw TestFailure(description: "a command was never answered")
    }
    return try value.get()
  }

  @discardableResult
  func wait(until condition: (LearningReport) -> Bool) throws -> LearningReport {
    guard let report = service.waitForReport(milliseconds: Harness.patience, until: condition) else {
      throw TestFailure(description: "never came to be: \(service.report)")
    }
    return report
  }

  /// Waits until so many records were learned or rejected, and the source has no more.
  @discardableResult
  func wait(records: Int) throws -> LearningReport {
    try wait { $0.recordsRead >= UInt64(records) && $0.isCaughtUp }
  }

  /// The exact report, through the mailbox.
  func report() throws -> LearningReport {
    try wait { completion in service.report { completion(.success($0)) } }
  }

  /// The features of a record.
  func features(of record: String) throws -> [Feature] {
    var features: [Feature] = []
    _ = try decoder.decode(record, into: &features)
    return features
  }

  /// Ends as a clean shutdown does.
  func stop() throws {
    defer { end() }
    let _: Void = try wait { service.stop($0) }
  }

  /// Ends as a killed process does: without a last snapshot.
  func kill() throws {
    defer { end() }
    let _: Void = try wait { service.stop(takingSnapshot: false, $0) }
  }

  private func end() {
    alive?.service.join()
    lastReport = service.report
    alive = nil
  }

  /// The canonical bytes of the model and its state, of a snapshot taken now.
  func bits(_ directory: TemporaryDirectory) throws -> Data {
    let manifest: Manifest = try wait { service.takeSnapshot($0) }
    return try Harness.export(archive, manifest.id, directory)
  }

  static func export(_ archive: SnapshotArchive, _ id: UInt64, _ directory: TemporaryDirectory) throws -> Data {
    let path = directory.path("export-\(id)")
    try archive.export(id, to: path)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }
}

extension MemoryLog {
  /// A log of events of which some cannot be used; the same seed gives the same log.
  static func random(records: Int, partitions: Int = 1, seed: UInt64, badEvery: Int = 17) -> MemoryLog {
    var generator = TestGenerator(state: seed)
    var log = MemoryLog(partitions: partitions)
    for index in 0..<records {
      let partition = Int32.random(in: 0..<Int32(partitions), using: &generator)
      let user = Int.random(in: 0..<40, using: &generator)
      let item = Int.random(in: 0..<60, using: &generator)
      let label = Int.random(in: 0...(1 + (user + item) % 3), using: &generator) > 1 ? 1 : 0
      if index % badEvery == badEvery - 1 {
        log.append(["{", "{\"user\":1}", "[]", ""][index / badEvery % 4], to: partition)
      } else {
        log.append(
          "{\"label\":\(label),\"user\":\(user),\"item\":\"i\(item)\",\"hour\":\(index % 24),\"time\":\(index)}",
          to: partition)
      }
    }
    return log
  }
}

/// A small generator of test data.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
