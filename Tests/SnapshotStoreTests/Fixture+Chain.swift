import AttentionalFM
import Features
import LiveModel

@testable import SnapshotStore

/// A model that is saved again and again, with the rows that changed found by comparing all of them.
final class Chain {
  let fixture: Fixture
  let store: SnapshotStore
  private(set) var model: Model
  private var saved: [UInt64: RowSegment] = [:]
  private(set) var base: UInt64?

  init(_ fixture: Fixture, _ store: SnapshotStore) throws {
    self.fixture = fixture
    self.store = store
    model = try fixture.model()
  }

  /// All rows of the model, each a segment of its own.
  static func rows(_ model: Model) -> [RowSegment] {
    var rows: [RowSegment] = []
    var sweep = RowSweep(model.table)
    var row = RowSegment()
    while sweep.next(maximum: 1, into: &row) { rows.append(row) }
    return rows
  }

  var changed: [RowSegment] {
    Chain.rows(model).filter { saved[$0.slot[0]] != $0 }
  }

  func learn(_ events: Range<Int>, values: Int = 17) {
    let learner = OnlineLearner(model)
    for event in events {
      let features = (0..<3).map { field in
        let value = UInt64(truncatingIfNeeded: (event &* 7919 &* (field + 3)) % values)
        return Feature(hash: (value &+ 1) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(field), value: 1, field: UInt16(field))
      }
      features.withUnsafeBufferPointer { _ = learner.learn($0, label: event % 3 == 0 ? 1 : 0) }
    }
  }

  /// Saves the model: only what changed where `isFull` is not set and something was saved before. The rows follow in the
  /// order that `order` gives them.
  @discardableResult
  func save(isFull: Bool = false, order: ([RowSegment]) -> [RowSegment] = { $0 }) throws -> Manifest {
    let rows = order(isFull || base == nil ? Chain.rows(model) : changed)
    let extent: SnapshotExtent =
      if !isFull, let base { .changed(rows: rows.count, since: base) } else { .full }
    let pending = try store.begin(ModelState(model), sections: Fixture.sections(model), extent: extent)
    for row in rows { try pending.append(row) }
    let manifest = try pending.finish(fixture.facts(model))
    noteSaved(manifest.id)
    return manifest
  }

  /// Goes on with what a snapshot holds.
  func goBack(to id: UInt64) throws -> Manifest {
    let target = try store.archive.load(id)
    let manifest = try store.rollback(to: target, position: .rewind)
    model = try fixture.restored(manifest.id)
    noteSaved(manifest.id)
    return manifest
  }

  private func noteSaved(_ id: UInt64) {
    base = id
    saved = [:]
    for row in Chain.rows(model) { saved[row.slot[0]] = row }
  }
}

extension Fixture {
  /// Whether the loaded snapshot is the model, bit for bit, rows and all.
  func holds(_ id: UInt64, _ model: Model) throws -> Bool {
    let loaded = try restored(id)
    return ModelState(loaded) == ModelState(model) && Chain.rows(loaded) == Chain.rows(model)
  }

  func export(_ id: UInt64) throws -> [UInt8] {
    let path = directory.path("export-of-\(id).safetensors")
    try archive.export(id, to: path)
    return try bytes(path)
  }
}
