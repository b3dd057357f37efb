import FeatureEncoding
import SnapshotStore
import TestSupport
import Testing

@testable import Learning

/// What a start makes of settings that are not those of its snapshot.
@Suite struct ChangedSettingsTests {
  private let other: Schema = {
    var schema = Harness.schema
    schema.seed = 77
    schema.features = [FieldDefinition(name: "user"), FieldDefinition(name: "age", kind: .numeric())]
    return schema
  }()

  private func log(_ bad: Int, _ good: Int) -> MemoryLog {
    var log = MemoryLog(partitions: 1)
    for number in 0..<bad { log.append("{\"label\":\"click\",\"user\":\(number)}") }
    for number in 0..<good { log.append("{\"label\":\(number % 2),\"user\":\(number % 5),\"age\":\(number)}") }
    return log
  }

  @Test func aSnapshotThatHasLearnedNothingFitsEverySchema() throws {
    let directory = try TemporaryDirectory()
    let first = try Harness(directory, log(30, 0))
    try first.wait(records: 30)
    try first.stop()
    let second = try Harness(directory, log(30, 20), schema: other)
    let report = try second.wait(records: 50)
    #expect(report.eventsLearned == 20 && report.rejected.total == 30)
    try second.stop()
    // And goes on as any other, and back to where nothing was learned.
    let third = try Harness(directory, log(30, 25), schema: other)
    #expect(try third.wait(records: 55).eventsLearned == 25)
    let blank = try #require(
      try third.archive.list().compactMap(\.manifest).last {
        $0.eventsLearned == 0 && $0.position?.recordsLearned == 30
      })
    let _: RollbackOutcome = try third.wait { third.service.rollBack(to: blank.id, mode: .rewind, $0) }
    #expect(try third.wait { $0.recordsRead == 55 && $0.isCaughtUp }.eventsLearned == 25)
    try third.stop()
    #expect(throws: SnapshotProblem.self) { try Harness(directory, log(30, 25)) }
  }

  @Test func whatChangedIsSaid() throws {
    let directory = try TemporaryDirectory()
    let harness = try Harness(directory, log(0, 20))
    try harness.wait(records: 20)
    try harness.stop()
    var schema = Harness.schema
    schema.features.removeLast()
    schema.features.append(FieldDefinition(name: "age", kind: .numeric()))
    var model = Harness.configuration
    model.layout = schema.layout
    model.rates.linear = 0.5
    model.tableSlots = 256
    func notes(_ identity: LearningIdentity) throws -> [String] {
      let store = try SnapshotStore(stateDirectory: directory.path)
      return try RecoveredLearning(from: store, identity: identity, settings: Harness.settings()).notes.map(\.text)
    }
    let text = try #require(
      try notes(LearningIdentity(model: model, schema: schema, software: "test")).first { $0.contains("changed") })
    #expect(text.hasPrefix("settings changed since snapshot"))
    #expect(text.contains("`learning.rates.linear` was \(Harness.configuration.rates.linear) and is 0.5"))
    #expect(text.contains("`learning.table.slots` was 128 and is 256"))
    #expect(text.contains("`schema.features.hour` was") && text.contains("`schema.features.age` is new"))
    let same = try LearningIdentity(model: Harness.configuration, schema: Harness.schema, software: "test")
    #expect(try notes(same).allSatisfy { !$0.contains("changed") })
  }
}
