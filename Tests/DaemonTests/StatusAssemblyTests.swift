import AttentionalFM
import EventSources
@testable import Learning
import ScoringAPI
import Testing

@testable import Daemon

@Suite struct StatusAssemblyTests {
  private let assembly = StatusAssembly(
    modelName: "main", loss: .logistic, windowSize: 100, kernels: .preferred, sourceKind: "kafka", startedAt: 0)

  private func position(_ nextOffset: Int64) -> SourcePosition {
    SourcePosition(
      kind: .kafka, identity: "cluster/topic", partitions: [PartitionPosition(partition: 0, nextOffset: nextOffset)])
  }

  @Test func lagIsWhatThePartitionHoldsBeyondWhatWasLearned() {
    var report = LearningReport()
    report.position = position(40)
    report.lag = [PartitionLag(partition: 0, nextOffset: 90, endOffset: 100, behind: 10)]
    let status = assembly.status(report, queue: (1, 8), newest: nil)
    #expect(status.source.lag == 60)
    #expect(status.source.partitions.first?.lag == 60)
  }

  @Test func nothingIsLeftOnceTheSourceIsCaughtUp() {
    var report = LearningReport()
    report.position = position(98)
    report.isCaughtUp = true
    report.lag = [PartitionLag(partition: 0, nextOffset: 98, endOffset: 100, behind: 2)]
    #expect(assembly.status(report, queue: (0, 8), newest: nil).source.lag == 0)
  }

  @Test func anUnknownLagIsNotGuessed() {
    var report = LearningReport()
    report.position = position(40)
    #expect(assembly.status(report, queue: (0, 8), newest: nil).source.lag == nil)
  }

  @Test func aLostPositionSaysWhatCanBeChosen() {
    let learning = assembly.learning(.stopped(.positionLost, detail: "gone"))
    #expect(learning.state == .stopped)
    #expect(learning.positions == [.earliest, .latest])
    #expect(assembly.learning(.paused).positions.isEmpty)
  }
}
