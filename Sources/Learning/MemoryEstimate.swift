import AttentionalFM
import Features

extension LearningSettings {
  /// From how many events the learner learns at once: a ranking changes the rows of all alternatives in one step.
  func eventsAtOnce(_ loss: Loss) -> Int { loss == .ranking ? negativeSampling?.alternatives ?? 1 : 1 }

  /// The bytes that go round between learner and snapshot writer.
  public func snapshotBytes(_ model: ModelConfiguration) -> UInt64 {
    SegmentRing.bytes(model, eventsAtOnce: eventsAtOnce(model.loss))
  }

  /// The bytes that waiting events take when there are as many as there may be.
  public var waitingBytes: UInt64 {
    let bytes = UInt64(clamping: waitingEvents).multipliedReportingOverflow(by: UInt64(WaitingEvents.bytesEach))
    return bytes.overflow ? .max : bytes.partialValue
  }

  /// The bytes that the batches between ingest thread and learner take, with records of a usual size: 16 features and
  /// 512 bytes each.
  public var queueBytes: UInt64 {
    let record = MemoryLayout<DecodedRecord>.stride + 16 * MemoryLayout<Feature>.stride + 512
    let batch = UInt64(clamping: recordsPerBatch).multipliedReportingOverflow(by: UInt64(record))
    let all = batch.partialValue.multipliedReportingOverflow(by: UInt64(clamping: queueBatches) &+ 1)
    return batch.overflow || all.overflow ? .max : all.partialValue
  }
}
