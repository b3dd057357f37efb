import AttentionalFM
import FeatureEncoding
import Foundation
import SnapshotStore
import TestSupport
import Testing

@testable import Fitting

@Suite("Fitting") struct FitTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  /// Events whose label depends on a pair of fields; every thirteenth record is no event.
  private func file(_ name: String, events: Int, seed: UInt64) throws -> String {
    let lines = (0..<events).map { n -> String in
      if n % 13 == 12 { return "{\"user\":1}" }
      let bits = Draws.bits(seed: seed, stream: 1, index: UInt64(n))
      let (user, item) = (bits % 20, bits / 32 % 15)
      let label = (user + item) % 3 == 0 ? 1 : 0
      return "{\"label\":\(label),\"user\":\(user),\"item\":\"i\(item)\"}"
    }
    let path = folder.path(name)
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func settings(_ output: String, training: [String], kind: ModelConfiguration.Kind = .afm) -> FitSettings {
    let schema = Schema(features: [FieldDefinition(name: "user"), FieldDefinition(name: "item")])
    var model = ModelConfiguration(
      layout: schema.layout, kind: kind, embeddingSize: 6, attentionSize: 5, tableSlots: 256)
    model.dropout = 0.1
    model.regularization.projection = 0.001
    model.calibration = CalibrationSettings(kind: .platt)
    return FitSettings(
      model: model, schema: schema, format: .json, software: "test", windowSize: 50, trainingFiles: training,
      output: folder.path(output))
  }

  private func bytes(_ output: String, _ id: UInt64) throws -> Data {
    let path = folder.path("export")
    try SnapshotArchive(stateDirectory: folder.path(output)).export(id, to: path)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func run(_ settings: FitSettings) throws -> FitReport {
    try Fit(settings).run()
  }

  /// Runs until so many epochs are finished.
  private func interrupted(_ settings: FitSettings, after epochs: Int) throws -> FitReport {
    var finished = 0
    let fit = try Fit(
      settings, isCancelled: { finished >= epochs }, notify: { if case .epoch = $0 { finished += 1 } })
    return try fit.run()
  }

  @Test("gets better over the epochs, keeps the best and stops without patience")
  func stopsEarly() throws {
    var settings = settings(
      "early", training: [try file("a", events: 400, seed: 1), try file("b", events: 200, seed: 2)])
    settings.validationFiles = [try file("v", events: 300, seed: 3)]
    settings.testFiles = settings.validationFiles
    (settings.epochs, settings.batchSize, settings.shuffles, settings.patience) = (200, 16, true, 2)
    let report = try run(settings)
    let losses = report.epochs.map { $0.validation?.loss ?? .infinity }
    let least = try #require(losses.min())
    #expect(losses[report.bestEpoch - 1] == least && least < losses[0])
    #expect(report.test == report.epochs[report.bestEpoch - 1].validation)
    if report.ended == .patience { #expect(report.epochs.count == report.bestEpoch + 2) }
    #expect(report.rejected == 30 + 15)
    #expect(report.eventsLearned == UInt64(report.bestEpoch * (370 + 185)))
  }

  @Test("judges other files after every epoch, which decides nothing")
  func judges() throws {
    let (training, other) = ([try file("a", events: 300, seed: 9)], try file("o", events: 200, seed: 10))
    var settings = settings("plain", training: training)
    (settings.epochs, settings.batchSize, settings.validationFiles) = (3, 16, [other])
    let plain = try run(settings)
    settings.output = folder.path("judged")
    settings.judgedFiles = [other, training[0]]
    let report = try run(settings)
    #expect(try bytes("plain", plain.snapshot) == bytes("judged", report.snapshot))
    for epoch in report.epochs {
      #expect(epoch.judged?.map(\.file) == settings.judgedFiles)
      #expect(epoch.judged?.first?.summary == epoch.validation)
      #expect(epoch.judged?.last?.summary.events == epoch.training.events)
      #expect(epoch.judged?.last?.summary.loss != epoch.training.loss)
    }
    #expect(plain.epochs.allSatisfy { $0.judged == nil })
  }

  @Test("ends with the same bytes where it was interrupted and went on", arguments: [true, false])
  func resumes(shuffles: Bool) throws {
    let files = [try file("a", events: 500, seed: 4)]
    let validation = [try file("v", events: 100, seed: 5)]
    func settings(_ output: String) -> FitSettings {
      var settings = self.settings(output, training: files)
      settings.validationFiles = validation
      (settings.epochs, settings.batchSize, settings.shuffles) = (6, 7, shuffles)
      return settings
    }
    let whole = try run(settings("whole"))
    for stop in [1, 3] {
      let output = "stopped-\(stop)"
      let problem = #expect(throws: FitProblem.self) { try interrupted(settings(output), after: stop) }
      #expect(problem?.kind == .cancelled)
      var again = settings(output)
      again.batchSize = 8
      again.resumes = true
      #expect(throws: FitProblem.self) { try Fit(again) }
      again.batchSize = 7
      let report = try run(again)
      #expect(report.epochs.map(\.training) == whole.epochs.map(\.training))
      #expect(try bytes(output, report.snapshot) == bytes("whole", whole.snapshot))
    }
  }

  @Test("reads the files for every epoch where memory is short, to the same bytes, and then cannot shuffle")
  func streams() throws {
    var settings = settings("resident", training: [try file("a", events: 300, seed: 6)])
    (settings.epochs, settings.batchSize) = (3, 32)
    let resident = try run(settings)
    settings.memoryLimit = 100
    settings.output = folder.path("streamed")
    let streamed = try run(settings)
    #expect(try bytes("resident", resident.snapshot) == bytes("streamed", streamed.snapshot))
    settings.shuffles = true
    settings.output = folder.path("refused")
    let fit = try Fit(settings)
    let problem = #expect(throws: FitProblem.self) { try fit.run() }
    #expect(problem?.kind == .data)
  }

  @Test("calibrates by the first epoch's predictions, and leaves it to whoever learns on after more")
  func calibrates() throws {
    let files = [try file("a", events: 400, seed: 9)]
    for epochs in [1, 2] {
      let output = "calibrated-\(epochs)"
      var settings = settings(output, training: files)
      settings.epochs = epochs
      let report = try run(settings)
      let snapshot = try SnapshotArchive(stateDirectory: folder.path(output)).load(report.snapshot)
      let section = try #require(try snapshot.section("calibration", upTo: 1))
      #expect(section["events"] == .unsigned64([epochs == 1 ? report.eventsLearned : 0]))
      guard case .float64(let numbers)? = section["numbers"] else { throw CocoaError(.coderInvalidValue) }
      #expect(epochs == 1 ? numbers[0] != 1 : numbers == [1, 0, 1, 1])
    }
  }

  @Test("learns thinned labels event by event as in batches of one, where it also forgets")
  func thinnedAndForgetful() throws {
    let files = [try file("a", events: 300, seed: 9)]
    var weights: [[Float]] = []
    for forgets in [false, true] {
      var settings = settings("forgets-\(forgets)", training: files)
      settings.model.calibration = nil
      settings.schema.keptFraction = KeptFraction(otherwise: 0.25)
      settings.schema.time = TimeDefinition(path: "time")
      // No event has a time, so the clock never runs and nothing falls back.
      if forgets { settings.model.forgetting = ForgettingSettings(halfLifeMilliseconds: 60_000) }
      let report = try run(settings)
      let snapshot = try SnapshotArchive(stateDirectory: settings.output).load(report.snapshot)
      weights.append(try snapshot.denseTensors().flatMap(\.values))
      let mean = try #require(report.epochs.first?.training.loss)
      #expect(mean.isFinite)
    }
    #expect(weights[0] == weights[1])
  }

  @Test("trains attention alone from a factorization machine")
  func startsFrom() throws {
    let files = [try file("a", events: 400, seed: 7)]
    let machine = try run(settings("fm", training: files, kind: .fm))
    var settings = settings("afm", training: files)
    settings.start = FitSettings.Start(path: folder.path("fm"))
    settings.trained = .attention
    settings.epochs = 2
    let report = try run(settings)
    #expect(report.eventsLearned == 3 * machine.eventsLearned)
    let before = try SnapshotArchive(stateDirectory: folder.path("fm")).load(machine.snapshot)
    let after = try SnapshotArchive(stateDirectory: folder.path("afm")).load(report.snapshot)
    let (old, new) = (try before.denseTensors(), try after.denseTensors())
    for name in ["bias", "output"] {
      #expect(old.first { $0.name == name }?.values == new.first { $0.name == name }?.values)
    }
    #expect(new.contains { $0.name == "attention.projection" } && before.rowCount == after.rowCount)
  }

  @Test("refuses what cannot be meant, before it learns")
  func refuses() throws {
    let files = [try file("a", events: 30, seed: 8)]
    var impatient = settings("x", training: files)
    impatient.patience = 1
    #expect(throws: FitProblem.self) { try Fit(impatient) }
    var inattentive = settings("x", training: files, kind: .fm)
    inattentive.trained = .attention
    #expect(throws: FitProblem.self) { try Fit(inattentive) }
    var forgetful = settings("x", training: files)
    forgetful.model.forgetting = ForgettingSettings(halfLifeMilliseconds: 60_000)
    forgetful.batchSize = 2
    #expect(throws: FitProblem.self) { try Fit(forgetful) }
    forgetful.batchSize = 1
    forgetful.shuffles = true
    let shuffled = #expect(throws: FitProblem.self) { try Fit(forgetful) }
    #expect(shuffled?.message.contains("--no-shuffle") == true)
    _ = try run(settings("taken", training: files))
    let problem = #expect(throws: FitProblem.self) { try Fit(settings("taken", training: files)) }
    #expect(problem?.message.contains("--resume") == true)
    let missing = try Fit(settings("missing", training: [folder.path("nowhere")]))
    #expect(throws: FitProblem.self) { try missing.run() }
    try Data("{}\n".utf8).write(to: URL(fileURLWithPath: folder.path("nothing")))
    let empty = try Fit(settings("empty", training: [folder.path("nothing")]))
    let nothing = #expect(throws: FitProblem.self) { try empty.run() }
    #expect(nothing?.message.contains("no_label") == true)
  }

  @Test("shuffles by seed and epoch alone, every event once")
  func shuffles() {
    let order = Shuffling.order(count: 1000, seed: 1, epoch: 2)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order == Shuffling.order(count: 1000, seed: 1, epoch: 2))
    #expect(order != Shuffling.order(count: 1000, seed: 1, epoch: 3))
    #expect(order != Shuffling.order(count: 1000, seed: 2, epoch: 2))
    #expect(Shuffling.order(count: 0, seed: 1, epoch: 1).isEmpty)
  }
}
