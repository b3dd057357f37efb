import AttentionalFM
import EventSources
import Features
import Foundation
import LiveModel
import TestSupport

@testable import SnapshotStore

/// A state directory, a small model that learns made-up events, and short ways to snapshot it.
final class Fixture {
  let directory: TemporaryDirectory
  var configuration: ModelConfiguration

  init(kind: ModelConfiguration.Kind = .afm, tableSlots: Int = 256) throws {
    directory = try TemporaryDirectory()
    configuration = ModelConfiguration(
      layout: FieldLayout(names: ["carrier", "origin", "täg \"x\""]), kind: kind, embeddingSize: 5, attentionSize: 3,
      fieldPairWeights: false, seed: 0xFFFF_FFFF_FFFF_FFF1, tableSlots: tableSlots)
  }

  var archive: SnapshotArchive { SnapshotArchive(stateDirectory: directory.path) }

  func open(
    failpoint: (@Sendable (SnapshotStep) throws(SnapshotProblem) -> Void)? = nil
  ) throws -> SnapshotStore {
    try SnapshotStore(stateDirectory: directory.path, failpoint: failpoint)
  }

  func model() throws -> Model {
    try Model(configuration: configuration)
  }

  static func features(_ event: Int) -> [Feature] {
    (0..<3).map { field in
      let value = UInt64((event &* (field + 3)) % (17 + field * 5))
      return Feature(hash: (value &+ 1) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(field), value: 1, field: UInt16(field))
    }
  }

  static func learn(_ events: Range<Int>, _ model: Model) {
    let learner = OnlineLearner(model)
    for event in events {
      features(event).withUnsafeBufferPointer { _ = learner.learn($0, label: event % 3 == 0 ? 1 : 0) }
    }
  }

  static func score(_ model: Model, _ event: Int) -> Float {
    features(event).withUnsafeBufferPointer { OnlineLearner(model).predict($0).raw }
  }

  static func position(_ events: UInt64) -> SourcePosition {
    // Every member, so that each is seen to come back.
    let last = LastRecord(offset: Int64(events) - 1, timestamp: 7, checksum: RecordChecksum(events))
    var position = SourcePosition(
      kind: .kafka, identity: "cluster/topic",
      partitions: [
        PartitionPosition(
          partition: 0, nextOffset: Int64(events), lastRecord: last,
          lastChecked: LastRecord(offset: 0, timestamp: -1, checksum: RecordChecksum(2)), recordsLearned: events,
          checksumSum: RecordChecksum(events &* 3))
      ])
    position.topicID = "fK4f69WgSqGlOxj68c+NRw"
    return position
  }

  func facts(
    _ model: Model, reason: SnapshotReason = .interval, skips: [SkippedRange] = []
  ) throws -> SnapshotFacts {
    SnapshotFacts(
      reason: reason, eventsLearned: model.eventsLearned, position: Fixture.position(model.eventsLearned),
      skips: skips, model: model.configuration, schemaFingerprint: "fp",
      schema: .object(["label_path": .string("a.b")]), progressive: .object(["loss": .number(0.4331)]),
      arithmetic: "fused", software: "0.1.0")
  }

  static func sections(_ model: Model) -> [SnapshotSection] {
    [
      SnapshotSection(
        "progressive", version: 2, isCanonical: true,
        tensors: [
          Tensor("sums", .float64([Double(model.eventsLearned), .infinity])),
          Tensor("counts", shape: [2, 1], .unsigned64([.max, 1])), Tensor("empty", .signed64([])),
        ]),
      SnapshotSection("quarantine", version: 1, isCanonical: false, tensors: [Tensor("length", .unsigned8([7]))]),
      SnapshotSection("bare", version: 1, isCanonical: true, tensors: []),
    ]
  }

  @discardableResult
  func snapshot(
    _ model: Model, in store: SnapshotStore, rowsAtOnce: Int = 7, skips: [SkippedRange] = []
  ) throws -> Manifest {
    let pending = try store.begin(ModelState(model), sections: Fixture.sections(model))
    var sweep = RowSweep(model.table)
    var segment = RowSegment()
    while sweep.next(maximum: rowsAtOnce, into: &segment) { try pending.append(segment) }
    return try pending.finish(facts(model, skips: skips))
  }

  /// A store with snapshots after 100, 200, ... events.
  func series(_ count: Int) throws -> (store: SnapshotStore, model: Model) {
    let store = try open()
    let model = try model()
    for number in 0..<count {
      Fixture.learn(number * 100..<(number + 1) * 100, model)
      try snapshot(model, in: store)
    }
    return (store, model)
  }

  func restored(_ id: UInt64) throws -> Model {
    let model = try model()
    try archive.load(id).restore(into: model)
    return model
  }

  func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  func damage(_ id: UInt64, _ file: String = SnapshotNames.model) throws {
    let path = archive.path(id) + "/" + file
    var content = try bytes(path)
    content[content.count / 2] ^= 1
    try write(content, path)
  }
}
