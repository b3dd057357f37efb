import Configuration
import Testing

@testable import Daemon

@Suite struct MemoryEstimateTests {
  private func settings(slots: Int, loops: Int = 1) throws -> DaemonSettings {
    try DaemonSettings.read(
      text: """
        source: {kind: file, file: {path: events.ndjson}}
        schema: {features: [user, item]}
        learning: {table: {slots: \(slots)}}
        sockets: {event_loops: \(loops)}
        """)
  }

  @Test func aSlotTakesAtMostOneHundredAndSixtyBytes() throws {
    let small = try MemoryEstimate(settings(slots: 1 << 16))
    let large = try MemoryEstimate(settings(slots: 1 << 20))
    let perSlot = Double(large.bytes - small.bytes) / Double((1 << 20) - (1 << 16))
    #expect(perSlot > 100 && perSlot <= 160)
  }

  @Test func aRollbackLoadsASecondModel() throws {
    let estimate = try MemoryEstimate(settings(slots: 1 << 20))
    let model = estimate.parts.first { $0.name == "model with a full table" }?.bytes
    #expect(estimate.rollbackBytes - MemoryEstimate.readingBytes == model)
    #expect(estimate.describe().contains("during a rollback"))
  }

  @Test func waitingEventsCountWhereTheyMayWait() throws {
    func estimate(_ learning: String) throws -> MemoryEstimate {
      try MemoryEstimate(
        DaemonSettings.read(
          text: """
            source: {kind: stdin}
            schema: {features: [user, item], time: {path: t}}
            learning: \(learning)
            """))
    }
    let none = try estimate("{waiting_events: 1000}")
    let some = try estimate("{label_delay: 1h, waiting_events: 1000}")
    // One event with 16 features, and its copies while a snapshot is taken.
    #expect(some.bytes - none.bytes == 3 * 352 * 1000)
    #expect(some.rollbackBytes - none.rollbackBytes == 352 * 1000)
  }

  @Test func whatNegativesAreDrawnFromCountsWhereTheyAre() throws {
    func estimate(_ learning: String) throws -> MemoryEstimate {
      try MemoryEstimate(
        DaemonSettings.read(
          text: "source: {kind: stdin}\nschema: {features: [user, item]}\nlearning: \(learning)"))
    }
    let none = try estimate("{}")
    let few = try estimate("{negative_sampling: {field: item, reservoir: 1000}}")
    let many = try estimate("{negative_sampling: {field: item, user: user, reservoir: 1000, users: 1000, recent: 10}}")
    #expect(few.bytes - none.bytes == 3 * (few.rollbackBytes - none.rollbackBytes) && few.bytes > none.bytes)
    // Each user with ten values of 8 bytes, and what finds him.
    #expect((many.rollbackBytes - few.rollbackBytes) / 1000 > 80)
  }

  @Test func everyEventLoopHasTheScratchesOfAScorerAndOfARanker() throws {
    let one = try MemoryEstimate(settings(slots: 1 << 16))
    let four = try MemoryEstimate(settings(slots: 1 << 16, loops: 4))
    let model = try settings(slots: 1 << 16).model
    // The scorer's, the ranker's, and that of the ranker's own scorer.
    #expect(four.bytes - one.bytes >= 3 * 3 * model.scratchBytes)
    #expect(model.scratchBytes > 0)
  }
}
