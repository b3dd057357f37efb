import AttentionalFM
import BenchmarkSupport
import FeatureEncoding
import Foundation
import Learning
import Observability
import SnapshotStore
import Threads

/// What was seen of one snapshot.
struct MeasuredSnapshot {
  var manifest: Manifest
  var seconds: Double
  /// Events a second while it was taken, until it was durable.
  var rate: Double
  var longestPause: Double
  var longestTurn: Double
  var waited: Double
  /// What the process took more of memory at its worst.
  var extraBytes: UInt64
}

/// A learning service as the daemon runs it, on a generated stream.
final class MeasuredLearning {
  static let valuesPerField: UInt64 = 200_000
  static let slots = 1 << 22

  let control = StreamControl()
  let archive: SnapshotArchive
  let configuration: ModelConfiguration
  private let service: LearningService

  init(directory: String) throws {
    let schema = Schema(
      features: (0..<GeneratedSource.fields).map { FieldDefinition(name: String(UnicodeScalar(UInt8(97 + $0)))) })
    configuration = ModelConfiguration(
      layout: schema.layout, embeddingSize: 16, attentionSize: 16, tableSlots: MeasuredLearning.slots)
    let settings = LearningSettings(snapshotEverySeconds: nil, retainedSnapshots: nil)
    let identity = try LearningIdentity(model: configuration, schema: schema, software: "benchmark")
    let store = try SnapshotStore(stateDirectory: directory)
    archive = store.archive
    service = LearningService(
      settings: settings, identity: identity, store: store,
      recovered: try RecoveredLearning(from: store, identity: identity, settings: settings),
      decoder: try EventDecoder(schema), files: LearnerFiles(), metrics: Metrics(), log: .silent
    ) { [control] in
      GeneratedSource(
        control, valuesPerField: MeasuredLearning.valuesPerField, logarithm: { log($0) }, exponential: { exp($0) })
    }
  }

  func stop() throws {
    let _: Void = try wait { service.stop(takingSnapshot: false, $0) }
    service.join()
  }

  var report: LearningReport {
    get throws { try wait { done in service.report { done(.success($0)) } } }
  }

  /// Delivers so many events and waits until they are learned.
  func learn(_ kind: StreamKind, _ events: Int) throws {
    let target = try report.recordsRead + UInt64(events)
    control.deliver(kind, events)
    while try report.recordsRead < target { usleep(1000) }
  }

  /// Events a second over some time.
  func rate(seconds: Double) throws -> Double {
    let (before, begin) = (try report.eventsLearned, Clock.monotonic)
    usleep(UInt32(seconds * 1e6))
    let (after, end) = (try report.eventsLearned, Clock.monotonic)
    return Double(after - before) / Double(end - begin) * 1e9
  }

  /// Takes a snapshot and watches it.
  func snapshot(isFull: Bool) throws -> MeasuredSnapshot {
    let before = try report
    let memory = PeakMemory()
    let begin = Clock.monotonic
    let manifest: Manifest = try wait { service.takeSnapshot(isFull: isFull, $0) }
    let end = Clock.monotonic
    let after = try report
    return MeasuredSnapshot(
      manifest: manifest, seconds: Double(end - begin) / 1e9,
      rate: Double(after.eventsLearned - before.eventsLearned) / Double(end - begin) * 1e9,
      longestPause: after.snapshots.lastCaptureSeconds ?? .nan,
      longestTurn: after.snapshots.lastLongestTurnSeconds ?? .nan,
      waited: Double(after.snapshots.waitedNanoseconds - before.snapshots.waitedNanoseconds) / 1e9,
      extraBytes: memory.stop())
  }

  private func wait<Value: Sendable>(_ start: (@escaping LearningCompletion<Value>) -> Void) throws -> Value {
    let result = Monitor<Result<Value, LearningProblem>?>(nil)
    start { value in result.update { $0 = value } }
    guard let value = result.wait(until: { $0 }) else { throw BenchmarkProblem("a command was never answered") }
    return try value.get()
  }
}

/// Watches the memory of this process.
final class PeakMemory {
  private let state: Monitor<(peak: UInt64, stops: Bool)>
  private let before: UInt64
  private let thread: DedicatedThread

  init() {
    let state = Monitor<(peak: UInt64, stops: Bool)>((0, false))
    self.state = state
    before = Machine.residentBytes(of: getpid())
    thread = DedicatedThread(name: "memory watch") {
      while !state.read({ $0.stops }) {
        let now = Machine.residentBytes(of: getpid())
        state.update { $0.peak = max($0.peak, now) }
        usleep(5000)
      }
    }
  }

  /// Ends watching; what was taken more than in the beginning, at its worst.
  func stop() -> UInt64 {
    let peak = state.update { state in
      state.stops = true
      return state.peak
    }
    thread.join()
    return peak > before ? peak - before : 0
  }
}
