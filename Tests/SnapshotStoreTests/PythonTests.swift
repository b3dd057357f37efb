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
    fixture.configuration.fieldPairWeights = scale == .pairs
    let (store, model) = try fixture.series(1)
    let recomputed = try scores(fixture, 0..<150)
    #expect(recomputed.count == 150)
    for (event, score) in recomputed.enumerated() {
      let ours = Double(Fixture.score(model, event))
      #expect(abs(score - ours) <= 1e-5 * max(1, abs(ours)))
    }
    withExtendedLifetime(store) {}
  }

  @Test(.enabled(if: PythonTests.python != nil || Environment.requiresAll, "needs AFM_PYTHON"))
  func numPyReadsAChain() throws {
    let fixture = try Fixture()
    let chain = try Chain(fixture, fixture.open())
    var random = SplitMix(state: 3)
    for step in 0..<4 {
      chain.learn(step * 40..<(step + 1) * 40, values: 60)
      try chain.save { $0.shuffled(using: &random) }
    }
    _ = try fixture.export(4)
    let script = PythonTests.root.appendingPathComponent("Tests/Python/read_chain.py").path
    let file = fixture.directory.path("whole.safetensors")
    let run = try ChildProcess.run(try #require(PythonTests.python), [script, fixture.archive.path(4), file])
    #expect(run.status == 0, "\(run.errors)")
    let whole = try SafetensorsFile(file)
    let exported = try SafetensorsFile(fixture.directory.path("export-of-4.safetensors"))
    for place in exported.places {
      let read = try whole.tensor(try #require(whole[place.name]))
      #expect(try read == exported.tensor(place), "\(place.name)")
    }
  }

  @Test(arguments: ["recompute_score", "read_chain"])
  func theExamplesInTheDocumentAreTheOnesThatAreRun(_ name: String) throws {
    let script = try String(
      contentsOf: PythonTests.root.appendingPathComponent("Tests/Python/\(name).py"), encoding: .utf8)
    let document = try String(
      contentsOf: PythonTests.root.appendingPathComponent("Docs/Snapshots.md"), encoding: .utf8)
    #expect(document.contains("```python\n" + script + "```\n"))
  }
}
