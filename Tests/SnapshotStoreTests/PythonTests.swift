import AttentionalFM
import DurableFiles
import Features
import Foundation
import TestSupport
import Testing

@testable import SnapshotStore

/// Any Python user can load an export: NumPy recomputes the scores (`AFM_PYTHON` names an interpreter that has numpy and
/// safetensors).
@Suite struct PythonTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let python = Environment.value(of: "AFM_PYTHON")

  private func scores(_ fixture: Fixture, _ events: Range<Int>) throws -> [Double] {
    let export = fixture.directory.path("model.safetensors")
    try fixture.archive.export(1, to: export)
    let names = fixture.configuration.layout.names
    let json = EmbeddedJSON.array(
      events.map { event in
        .array(
          Fixture.features(event).map { feature in
            .object([
              "field": .string(names[Int(feature.field)]), "hash": .string(Checksum.hex(feature.hash)),
              "x": .number(Double(feature.value)),
            ])
          })
      })
    let file = fixture.directory.path("events.json")
    try fixture.write([UInt8](ManifestJSON.plainEncoder().encode(json)), file)
    let script = PythonTests.root.appendingPathComponent("Tests/Python/recompute_score.py").path
    let run = try ChildProcess.run(try #require(PythonTests.python), [script, export, file])
    #expect(run.status == 0, "\(run.errors)")
    return run.output.split(separator: "\n").compactMap { Double($0) }
  }

  @Test(
    .enabled(if: PythonTests.python != nil || Environment.requiresAll, "needs AFM_PYTHON"),
    arguments: ModelConfiguration.Kind.allCases, ModelConfiguration.AttentionScale.allCases)
  func numPyRecomputesTheScores(
    _ kind: ModelConfiguration.Kind, _ scale: ModelConfiguration.AttentionScale
  ) throws {
    let fixture = try Fixture(kind: kind)
    fixture.configuration.attentionScale = scale
    let (store, model) = try fixture.series(1)
    let recomputed = try scores(fixture, 0..<150)
    #expect(recomputed.count == 150)
    for (event, score) in recomputed.enumerated() {
      let ours = Double(Fixture.score(model, event))
      #expect(abs(score - ours) <= 1e-5 * max(1, abs(ours)))
    }
    withExtendedLifetime(store) {}
  }

  @Test func theExampleInTheDocumentIsTheOneThatIsRun() throws {
    let script = try String(
      contentsOf: PythonTests.root.appendingPathComponent("Tests/Python/recompute_score.py"), encoding: .utf8)
    let document = try String(
      contentsOf: PythonTests.root.appendingPathComponent("Docs/Snapshots.md"), encoding: .utf8)
    #expect(document.contains("```python\n" + script + "```\n"))
  }
}
