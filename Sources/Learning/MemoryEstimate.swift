import AttentionalFM
import Features

extension ModelConfiguration {
  /// The bytes that go round between learner and snapshot writer.
  public var snapshotBytes: UInt64 { SegmentRing.bytes(self) }
}

extension LearningSettings {
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
