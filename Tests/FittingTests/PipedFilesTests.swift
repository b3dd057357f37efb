import AttentionalFM
import FeatureEncoding
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Fitting

/// Files may come through pipes, which can be read once.
@Suite struct PipedFilesTests {
  private let folder: TemporaryDirectory
  private let file: String

  init() throws {
    folder = try TemporaryDirectory()
    file = folder.path("events")
    let lines = (0..<2000).map { "{\"label\":\($0 % 3 == 0 ? 1 : 0),\"user\":\($0 % 7),\"item\":\($0 % 11)}\n" }
    try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: file))
  }

  private func settings(_ output: String, training: String) -> FitSettings {
    let schema = Schema(features: [FieldDefinition(name: "user"), FieldDefinition(name: "item")])
    let model = ModelConfiguration(layout: schema.layout, embeddingSize: 6, attentionSize: 5, tableSlots: 256)
    return FitSettings(
      model: model, schema: schema, format: .json, software: "test", windowSize: 50, trainingFiles: [training],
      output: folder.path(output))
  }

  /// A pipe that somebody writes the events to.
  private func pipe(_ tool: String) throws -> (path: String, writer: ChildProcess) {
    let path = folder.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let writer = try ChildProcess(
      path: "/bin/sh", arguments: ["-c", "\(tool) '\(file)' > '\(path)'"], output: "/dev/null", errors: "/dev/null")
    return (path, writer)
  }

  private func bytes(_ output: String, _ id: UInt64) throws -> Data {
    let path = folder.path("export")
    try SnapshotArchive(stateDirectory: folder.path(output)).export(id, to: path)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test(arguments: [("cat", 1), ("gzip -c", 1), ("cat", 3)])
  func aPipeIsLearnedLikeTheFile(tool: String, epochs: Int) throws {
    var settings = settings("file", training: file)
    (settings.epochs, settings.shuffles) = (epochs, epochs > 1)
    let expected = try Fit(settings).run()
    let (path, writer) = try pipe(tool)
    settings.trainingFiles = [path]
    settings.output = folder.path("pipe.state")
    let report = try Fit(settings).run()
    #expect(report.eventsLearned == UInt64(2000 * epochs))
    #expect(try bytes("file", expected.snapshot) == bytes("pipe.state", report.snapshot))
    #expect(writer.wait() == 0)
  }

  @Test func aPipeThatDoesNotFitIntoMemoryIsRefusedForSeveralEpochs() throws {
    let (path, writer) = try pipe("cat")
    var settings = settings("small", training: path)
    (settings.epochs, settings.memoryLimit) = (2, 1000)
    let problem = #expect(throws: FitProblem.self) { try Fit(settings).run() }
    #expect(problem?.kind == .data && problem?.message.contains("\(path) can be read only once") == true)
    writer.signal(SIGKILL)
  }
}
