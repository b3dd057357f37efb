import AttentionalFM
import Features
import Foundation
import LiveModel
import SnapshotStore
import TestSupport
import Testing

@testable import afmctl

/// The commands that work on a state directory without a daemon.
struct SnapshotDirectoryTests {
  private let folder: TemporaryDirectory

  /// A state directory with the snapshots 1 and 2 of a small model.
  init() throws {
    folder = try TemporaryDirectory()
    let store = try SnapshotStore(stateDirectory: folder.path)
    let configuration = ModelConfiguration(
      layout: FieldLayout(names: ["a", "b"]), kind: .fm, embeddingSize: 4, tableSlots: 64)
    let model = try Model(configuration: configuration)
    let learner = OnlineLearner(model)
    for _ in 0..<2 {
      let features = [Feature(hash: 11, value: 1, field: 0), Feature(hash: 22, value: 1, field: 1)]
      features.withUnsafeBufferPointer { _ = learner.learn($0, label: 1) }
      let pending = try store.begin(ModelState(model))
      var sweep = RowSweep(model.table)
      var segment = RowSegment()
      while sweep.next(maximum: 16, into: &segment) { try pending.append(segment) }
      _ = try pending.finish(
        SnapshotFacts(
          reason: .request, eventsLearned: model.eventsLearned, position: nil, model: configuration,
          schemaFingerprint: "fp", progressive: .object(["run": .object(["loss": .number(0.5)])]), arithmetic: "fused",
          software: "0.1.0")
      )
    }
  }

  private func run(_ words: String...) throws -> Captured {
    try Captured(["snapshots"] + words + ["--directory", folder.path])
  }

  @Test func snapshotsAreListedAndShown() throws {
    #expect(try run("list", "--get", "snapshots.1.events_learned").output == "2\n")
    #expect(try run("list", "--get", "snapshots.1.current").output == "true\n")
    let list = try run("list").output
    #expect(list.contains("0.50000"))
    #expect(list.contains("current\n"))
    let shown = try run("show", "1").output
    #expect(shown.hasPrefix("Snapshot  1\nParent    none, line of descent 1\n"))
    #expect(shown.contains("model.safetensors"))
    #expect(try run("show", "2", "--get", "parent").output == "1\n")
    #expect(try run("show", "2", "--get", "model.kind").output == "fm\n")
    #expect(try run("show", "3").code == .badData)
  }

  @Test func damageOfCurrentAndOfTheLineageIsFound() throws {
    for (name, wanted) in [("CURRENT", "names no snapshot for certain"), ("lineage.log", "is damaged: byte ")] {
      let path = URL(fileURLWithPath: folder.path("snapshots/" + name))
      let good = try Data(contentsOf: path)
      var bytes = good
      bytes[10] ^= 1
      try bytes.write(to: path)
      let found = try run("verify")
      #expect(found.code == .negative && found.output.contains(wanted))
      #expect(try run("verify", "2").code == .done)
      try good.write(to: path)
      #expect(try run("verify").code == .done)
    }
  }

  @Test func aSnapshotIsChosenWhereNoDaemonRuns() throws {
    #expect(try run("choose", "1").output.hasPrefix("snapshot 1 (1 events learned) is the one"))
    #expect(try run("list", "--get", "snapshots.0.current").output == "true\n")
    #expect(try run("list", "--get", "snapshots.1.abandoned").output == "true\n")
    #expect(try run("show", "current", "--get", "id").output == "1\n")
    #expect(try run("choose", "7").code == .badData)
    #expect(try run("choose", "current").code == .usage)
    let model = URL(fileURLWithPath: folder.path("snapshots/000002/model.safetensors"))
    var bytes = try Data(contentsOf: model)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: model)
    #expect(try run("choose", "2").code == .negative)
    let daemon = try SnapshotStore(stateDirectory: folder.path)
    let refused = try run("choose", "1")
    #expect(refused.code == .tryAgain)
    #expect(daemon.currentID == 1)
  }

  @Test func aChainIsShown() throws {
    let store = try SnapshotStore(stateDirectory: folder.path)
    let model = try Model(configuration: try store.archive.manifest(2).model)
    try store.archive.load(2).restore(into: model)
    let pending = try store.begin(ModelState(model), extent: .changed(rows: 2, since: 2))
    var sweep = RowSweep(model.table)
    var segment = RowSegment()
    while sweep.next(maximum: 16, into: &segment) { try pending.append(segment) }
    _ = try pending.finish(
      SnapshotFacts(
        reason: .request, eventsLearned: model.eventsLearned, position: nil, model: model.configuration,
        schemaFingerprint: "fp", arithmetic: "fused", software: "0.1.0"))
    #expect(try run("list", "--get", "snapshots.2.base").output == "2\n")
    #expect(try run("list", "--get", "snapshots.2.rows").output == "2\n")
    #expect(try run("list", "--get", "snapshots.2.files").output == "2\n")
    let list = try run("list").output
    #expect(list.contains("  full  ") && list.contains("  incremental  "))
    let shown = try run("show", "3").output
    #expect(shown.contains("\nHolds     2 rows changed since snapshot 2; loads from 2 files, "))
    #expect(shown.contains("../000002/model.safetensors  "))
    #expect(try run("show", "2").output.contains("\nHolds     all 2 rows, "))
    #expect(try run("verify").output == "snapshot 1: intact\nsnapshot 2: intact\nsnapshot 3: intact\n")
    let base = URL(fileURLWithPath: folder.path("snapshots/000002/model.safetensors"))
    var bytes = try Data(contentsOf: base)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: base)
    let damaged = try run("verify")
    #expect(damaged.code == .negative)
    let lines = damaged.output.split(separator: "\n")
    #expect(lines.filter { $0.contains("000002/model.safetensors is damaged") }.count == 2)
  }

  @Test func pinsStay() throws {
    #expect(try run("pin", "1").output == "snapshot 1 is pinned\n")
    #expect(try run("list", "--get", "snapshots.0.pinned").output == "true\n")
    #expect(try run("unpin", "1").output == "snapshot 1 is not pinned\n")
    #expect(try run("pin", "9").code == .badData)
  }

  @Test func damageIsFound() throws {
    #expect(try run("verify").output == "snapshot 1: intact\nsnapshot 2: intact\n")
    #expect(try run("verify", "2").code == .done)
    let file = URL(fileURLWithPath: folder.path("snapshots/000002/model.safetensors"))
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: file)
    let all = try run("verify", "--json")
    #expect(all.code == .negative)
    #expect(all.output.hasPrefix("{\"snapshots\":[{\"intact\":true,\"snapshot\":1},{\"intact\":false,\"problem\":"))
    #expect(try run("verify", "1").code == .done)
    #expect(try run("export", "2", folder.path("out")).code == .negative)
  }

  @Test func exportsAreFiles() throws {
    let file = folder.path("out.safetensors")
    let captured = try run("export", "1", file, "--get", "bytes")
    #expect(captured.code == .done)
    #expect(captured.output == "\(try Data(contentsOf: URL(fileURLWithPath: file)).count)\n")
    #expect(try run("export", "1", folder.path("nowhere/out")).code == .cannotCreate)
  }
}
