import AttentionalFM
import EventSources
@testable import Learning
import ScoringAPI
import ScoringServer
import Testing

@testable import Daemon

@Suite struct StatusAssemblyTests {
  private let assembly = StatusAssembly(
    modelName: "main", loss: .logistic, windowSize: 100, kernels: .preferred, sourceKind: "kafka", startedAt: 0)

  private func position(_ nextOffset: Int64) -> SourcePosition {
    SourcePosition(
      kind: .kafka, identity: "cluster/topic", partitions: [PartitionPosition(partition: 0, nextOffset: nextOffset)])
  }

  @Test func lagIsWhatThePartitionHoldsBeyondWhatWasLearned() throws {
    let board = StatusBoard()
    var report = LearningReport()
    report.position = position(40)
    report.position?.partitions[0].lastRecord = LastRecord(
      offset: 39, timestamp: Int64(StatusAssembly.wallClock() * 1000) - 90_000, checksum: RecordChecksum(0))
    board.publish(report)
    board.see(SourceSight(ends: [0: 100]))
    let source = assembly.status(board.report, queue: (1, 8), newest: nil).source
    #expect(source.lag == 60 && source.partitions.first?.lag == 60)
    let seconds = try #require(source.lagSeconds)
    #expect(seconds >= 90 && seconds < 3600 && source.partitions.first?.lagSeconds == seconds)
  }

  @Test func nothingIsBehindAtTheEnd() {
    let board = StatusBoard()
    var report = LearningReport()
    report.position = position(98)
    board.publish(report)
    board.see(SourceSight(ends: [0: 98]))
    let source = assembly.status(board.report, queue: (0, 8), newest: nil).source
    #expect(source.lag == 0 && source.lagSeconds == 0)
  }

  @Test func anUnknownLagIsNotGuessed() {
    let board = StatusBoard()
    var report = LearningReport()
    report.position = position(40)
    board.publish(report)
    #expect(assembly.status(board.report, queue: (0, 8), newest: nil).source.lag == nil)
    board.see(SourceSight(ends: [0: 40]))
    #expect(assembly.status(board.report, queue: (0, 8), newest: nil).source.lag == 0)
    // Nothing is remembered of what was seen before.
    board.see(SourceSight(ends: [:], problem: SourceProblem(.unreachable, "no broker", isTransient: true)))
    let status = assembly.status(board.report, queue: (0, 8), newest: nil)
    #expect(status.source.lag == nil && status.source.lagSeconds == nil)
    #expect(status.source.problem == "no broker")
    #expect(status.problems == [StandingProblemReport(code: "source", message: "no broker")])
  }

  @Test func positionsOfAnotherSourceAreNotComparedWithIt() {
    let board = StatusBoard()
    var report = LearningReport()
    report.position = position(1000)
    report.condition = .stopped(.otherSource, detail: "made anew")
    board.publish(report)
    board.see(SourceSight(ends: [0: 5]))
    #expect(board.report.lag == nil && board.report.greatestLagSeconds(now: 0) == nil)
    // A partition that appeared since is read from its beginning.
    report.condition = .paused
    board.publish(report)
    board.see(SourceSight(ends: [0: 1000, 3: 7]))
    #expect(board.report.lag == 7 && board.report.lagSeconds(now: 0) == nil)
    // Of a file that came next nothing was learned.
    report.position = SourcePosition(
      kind: .file, identity: "old", partitions: [PartitionPosition(partition: 0, nextOffset: 1000)])
    board.publish(report)
    board.see(SourceSight(ends: [0: 10], identity: "new"))
    #expect(board.report.lag == nil)
    board.see(SourceSight(ends: [0: 10], identity: ""))
    #expect(board.report.lag == nil)
    report.isCaughtUp = true
    board.publish(report)
    #expect(board.report.lag == 10)
    board.see(SourceSight(ends: [0: 1010], identity: "old"))
    #expect(board.report.lag == 10)
  }

  @Test func readinessEndsWhereLearningMayBeTooFarBehind() {
    let board = StatusBoard()
    let now = Int64(StatusAssembly.wallClock() * 1000)
    func readiness(_ seconds: Int64) -> Readiness {
      OperatorDesk.readiness(board.report, maximumLag: .seconds(seconds), now: now)
    }
    var report = LearningReport()
    #expect(readiness(60) != .ready)
    report.position = position(40)
    report.position?.partitions[0].lastRecord = LastRecord(
      offset: 39, timestamp: now - 90_000, checksum: RecordChecksum(0))
    board.publish(report)
    // Nobody has answered yet: the last record learned bounds it.
    #expect(readiness(60) != .ready)
    #expect(readiness(100) == .ready)
    board.see(SourceSight(ends: [0: 40]))
    #expect(readiness(60) == .ready)
    // A moment ago nothing was behind.
    board.see(SourceSight(ends: [:], problem: SourceProblem(.unreachable, "no broker", isTransient: true)))
    #expect(readiness(60) == .ready)
    report.position?.partitions[0].nextOffset = 39
    board.publish(report)
    #expect(
      readiness(60) == .notReady("learning may be 90 s behind its source; `sockets.ready.maximum_lag` allows 60 s"))
    board.see(SourceSight(ends: [0: 40]))
    #expect(readiness(60) == .notReady("learning is 90 s behind its source; `sockets.ready.maximum_lag` allows 60 s"))
  }

  @Test func aLostPositionSaysWhatCanBeChosen() {
    let learning = assembly.learning(.stopped(.positionLost, detail: "gone"))
    #expect(learning.state == .stopped)
    #expect(learning.positions == [.earliest, .latest])
    #expect(assembly.learning(.paused).positions.isEmpty)
  }
}
